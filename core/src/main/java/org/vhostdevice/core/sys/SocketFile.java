package org.vhostdevice.core.sys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import org.jspecify.annotations.Nullable;

/// The file of a listening socket: made with the permissions asked for, removed only while it is still ours.
///
/// Two processes may find the same stale file. Each removes only the very file that it found dead, and looks
/// whether its own is still there once it listens, so that one of them fails instead of listening where nobody
/// finds it. What remains is the moment between looking at a file and removing it.
public final class SocketFile {
    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET_TYPE = 0140000;

    private final Path path;
    private final OwnedFd socket;
    private final Key key;

    /// Who may connect.
    ///
    /// @param mode permission bits of the file, 0 to 0777
    /// @param group name or number of its group; null to leave it as it is
    public record Access(int mode, @Nullable String group) {}

    private SocketFile(Path path, OwnedFd socket, Key key) {
        this.path = path;
        this.socket = socket;
        this.key = key;
    }

    /// Makes the file and listens. A file that a dead process left is replaced.
    ///
    /// Nobody can connect before group and mode are set, because the socket does not listen until then; the umask,
    /// which belongs to the whole process, is not touched.
    ///
    /// @param path of the file
    /// @param type how bytes are carried
    /// @param access who may connect
    /// @param backlog how many peers may wait to be accepted
    /// @return the file, with a socket that listens
    /// @throws IOException with a message for the user
    public static SocketFile listen(Path path, SocketType type, Access access, int backlog) throws IOException {
        OwnedFd socket = bind(path, type);
        try {
            Key key = keyOf(path);
            if (key == null) {
                throw new IOException(path + " was removed as soon as it was made");
            }
            SocketFile file = new SocketFile(path, socket, key);
            try {
                file.protect(access);
                Sockets.listen(socket.number(), backlog);
                if (!key.equals(keyOf(path))) {
                    throw new IOException("another process took " + path + " at the same time; choose another path");
                }
                return file;
            } catch (Throwable e) {
                file.remove();
                throw e;
            }
        } catch (Throwable e) {
            socket.close();
            throw e;
        }
    }

    private static OwnedFd bind(Path path, SocketType type) throws IOException {
        SocketAddress address = new SocketAddress.Unix(path);
        try {
            return Sockets.bind(address, type);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EADDRINUSE) {
                throw e;
            }
        }
        removeStale(path);
        return Sockets.bind(address, type);
    }

    private static void removeStale(Path path) throws IOException {
        Key before = keyOf(path);
        if (before == null) {
            return;
        }
        if (!isSocket(path)) {
            throw new IOException(path + " exists and is not a socket; it is left alone");
        }
        if (isLive(path)) {
            throw new IOException("another process listens on " + path + "; stop it or choose another path");
        }
        if (before.equals(keyOf(path))) {
            Files.deleteIfExists(path);
        }
    }

    /// Whether a process listens. One whose queue is full does, too, except on hosts that refuse peers then.
    private static boolean isLive(Path path) throws ErrnoException {
        try {
            UnixSocket.connect(path).close();
            return true;
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case EAGAIN, EINPROGRESS, EPROTOTYPE -> true;
                case ECONNREFUSED, ENOENT -> false;
                default -> throw e;
            };
        }
    }

    private void protect(Access access) throws IOException {
        String group = access.group();
        if (group != null) {
            try {
                Host.chownGroup(path, group);
            } catch (UserPrincipalNotFoundException e) {
                throw new IOException("there is no group " + group + " for the socket " + path, e);
            }
        }
        Host.chmod(path, access.mode());
    }

    private static boolean isSocket(Path path) throws IOException {
        int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return (mode & FILE_TYPE) == SOCKET_TYPE;
    }

    /// What tells a file from every other: hosts use the numbers of removed files again.
    private record Key(Object deviceAndInode, FileTime made) {}

    /// The key of a file, which is not followed if it is a link; null if there is none.
    private static @Nullable Key keyOf(Path path) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return new Key(attributes.fileKey(), attributes.lastModifiedTime());
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /// The listening socket.
    ///
    /// @return the socket, which the caller closes
    public OwnedFd socket() {
        return socket;
    }

    /// Removes the file, unless another one has taken its place.
    ///
    /// @throws IOException if the host refuses
    public void remove() throws IOException {
        if (key.equals(keyOf(path))) {
            Files.deleteIfExists(path);
        }
    }
}
