package org.vhostdevice.fs.passthrough;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.NodeRef;
import org.vhostdevice.fs.vfs.Caller;
import org.vhostdevice.fs.vfs.FsException;

/// Owners and modes are in an attribute of each file, `UID:GID:MODE` with the mode in octal, as libkrun and podman keep
/// them. On the host all files belong to the user of this process, who may read and write them. A device, FIFO or
/// socket is an empty file there, whose type is in the attribute; a symbolic link has no such attribute on Linux, and
/// belongs to root.
record XattrOwners(PassthroughOptions.Identity identity, NodeCalls calls) implements Owners {
    private static final MemorySegment NAME = Arena.global().allocateFrom("user.containers.override_stat");
    private static final Pattern FORM = Pattern.compile("([0-9]{1,10}):([0-9]{1,10}):0?([0-7]{1,6})");
    private static final int MAX_VALUE = 64;
    private static final int OCTAL = 8;
    private static final int FILE_MODE = 0600;
    private static final int DIRECTORY_MODE = 0700;

    /// What the attribute says.
    private record Kept(int uid, int gid, int mode) {}

    @Override
    public int hostMode(int mode) {
        return switch (mode & FileStat.TYPE_MASK) {
            case FileStat.DIRECTORY -> FileStat.DIRECTORY | DIRECTORY_MODE;
            case FileStat.SYMLINK -> mode;
            default -> FileStat.REGULAR | FILE_MODE;
        };
    }

    @Override
    public boolean marks() {
        return true;
    }

    @Override
    public void made(Caller caller, NodeRef parent, NodeRef node, int mode) throws FsException {
        int type = mode & FileStat.TYPE_MASK;
        if (type == FileStat.SYMLINK) {
            return;
        }
        Kept directory = read(parent, load(parent));
        boolean inherits = (directory.mode & SET_GID) != 0;
        int more = inherits && type == FileStat.DIRECTORY ? SET_GID : 0;
        int uid = identity.users().toHost(caller.uid());
        int gid = inherits ? directory.gid : identity.groups().toHost(caller.gid());
        write(node, new Kept(uid, gid, mode | more));
    }

    @Override
    public boolean needFile() {
        return true;
    }

    @Override
    public void show(NodeRef node, FileStat stat) throws FsException {
        Kept found = read(node, stat);
        int type = found.mode & FileStat.TYPE_MASK;
        boolean stands = stat.type() == FileStat.REGULAR && type != 0;
        stat.override(
                (stands ? type : stat.type()) | (found.mode & ~FileStat.TYPE_MASK),
                identity.users().toGuest(found.uid),
                identity.groups().toGuest(found.gid));
    }

    @Override
    public void setMode(NodeRef node, int mode) throws FsException {
        FileStat stat = load(node);
        Kept old = read(node, stat);
        write(node, new Kept(old.uid, old.gid, (old.mode & FileStat.TYPE_MASK) | mode));
    }

    @Override
    public void setOwner(NodeRef node, int uid, int gid) throws FsException {
        FileStat stat = load(node);
        if (stat.type() == FileStat.SYMLINK) {
            return;
        }
        Kept old = read(node, stat);
        boolean directory = stat.type() == FileStat.DIRECTORY;
        write(
                node,
                new Kept(
                        uid == -1 ? old.uid : identity.users().toHost(uid),
                        gid == -1 ? old.gid : identity.groups().toHost(gid),
                        directory ? old.mode : Owners.withoutPrivileges(old.mode)));
    }

    /// {@return whether it is the name of the attribute}
    static boolean isKept(MemorySegment name) {
        return name.byteSize() >= NAME.byteSize()
                && MemorySegment.mismatch(name, 0, NAME.byteSize(), NAME, 0, NAME.byteSize()) == -1;
    }

    /// Takes the attribute out of a list of names.
    ///
    /// @return bytes left
    static long without(MemorySegment names, long bytes) {
        long end;
        for (long at = 0; at < bytes; at = end) {
            end = at;
            while (end < bytes && names.get(ValueLayout.JAVA_BYTE, end) != 0) {
                end++;
            }
            end++;
            if (end <= bytes && isKept(names.asSlice(at, end - at))) {
                MemorySegment.copy(names, end, names, at, bytes - end);
                return bytes - (end - at);
            }
        }
        return bytes;
    }

    private static FileStat load(NodeRef node) throws FsException {
        FileStat stat = new FileStat();
        FsException.throwIf(stat.load(node));
        return stat;
    }

    /// What the attribute of a file says, or what stands for it if there is none that can be read.
    private Kept read(NodeRef node, FileStat stat) throws FsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(MAX_VALUE);
            long bytes = calls.getXattr(node, NAME, value);
            Kept found = bytes < 0 ? null : parse(value.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE));
            return found == null ? new Kept(0, 0, stat.mode()) : found;
        }
    }

    private static @Nullable Kept parse(byte[] bytes) {
        Matcher matcher = FORM.matcher(new String(bytes, StandardCharsets.US_ASCII));
        if (!matcher.matches()) {
            return null;
        }
        try {
            return new Kept(
                    Integer.parseUnsignedInt(matcher.group(1)),
                    Integer.parseUnsignedInt(matcher.group(2)),
                    Integer.parseInt(matcher.group(3), OCTAL));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private void write(NodeRef node, Kept what) throws FsException {
        String text = Integer.toUnsignedString(what.uid) + ":" + Integer.toUnsignedString(what.gid) + ":0"
                + Integer.toOctalString(what.mode);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocateFrom(text);
            FsException.throwIf(calls.setXattr(node, NAME, value.asSlice(0, text.length()), 0));
        }
    }
}
