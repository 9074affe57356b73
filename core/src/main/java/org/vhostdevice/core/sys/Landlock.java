package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Files that a thread may still use once it has given up all others, on Linux (`landlock(7)`). No privilege is needed
/// for that, and none gives them back.
///
/// What is given up is the contents of files, and what directories list and hold. Whether a file exists can be asked
/// for, and its attributes, owner and permissions can be changed, as before. TCP, signals to other processes and
/// abstract sockets of others are given up too, where the kernel knows how.
public final class Landlock implements AutoCloseable {
    /// Since this version a file can be linked and moved from one directory of those that are kept to another.
    private static final int FIRST_USABLE = 2;

    private static final int WITH_TRUNCATE = 3;
    private static final int WITH_NETWORK = 4;
    private static final int WITH_DEVICE_CONTROL = 5;
    private static final int WITH_SCOPES = 6;

    private static final long EXECUTE = 1;
    private static final long WRITE_FILE = 1 << 1;
    private static final long READ_FILE = 1 << 2;
    private static final long READ_DIR = 1 << 3;
    private static final long UP_TO_REFER = (1 << 14) - 1;
    private static final long TRUNCATE = 1 << 14;
    private static final long DEVICE_CONTROL = 1 << 15;
    private static final long OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL;

    // struct landlock_ruleset_attr
    private static final int RULESET_FILES = 0;
    private static final int RULESET_NETWORK = 8;
    private static final int RULESET_SCOPES = 16;
    private static final int RULESET_SIZE = 24;
    private static final long BIND_AND_CONNECT = 3;
    private static final long SOCKETS_AND_SIGNALS = 3;

    // struct landlock_path_beneath_attr
    private static final int RULE_ACCESS = 0;
    private static final int RULE_PARENT = 8;
    private static final int RULE_SIZE = 16;
    private static final int PATH_BENEATH = 1;

    private static final int VERSION = 1;
    private static final int CREATE_RULESET = AbiNumber.SYS_LANDLOCK_CREATE_RULESET.or(-1);
    private static final int ADD_RULE = AbiNumber.SYS_LANDLOCK_ADD_RULE.or(-1);
    private static final int RESTRICT_SELF = AbiNumber.SYS_LANDLOCK_RESTRICT_SELF.or(-1);

    private final OwnedFd ruleset;
    private final long given;

    /// How a file, or all that lies in a directory, may be used.
    public enum Access {
        /// It is read.
        READ(READ_FILE | READ_DIR),
        /// It is read, and started as a program.
        RUN(READ_FILE | READ_DIR | EXECUTE),
        /// It is read and written, and files in it are made and removed; nothing is started.
        CHANGE(~(EXECUTE | DEVICE_CONTROL));

        private final long bits;

        Access(long bits) {
            this.bits = bits;
        }
    }

    private Landlock(OwnedFd ruleset, long given) {
        this.ruleset = ruleset;
        this.given = given;
    }

    /// {@return whether this host has it}
    public static boolean possible() {
        return Capability.LANDLOCK.available() && version() >= FIRST_USABLE;
    }

    /// Prepares to give all files up.
    ///
    /// @return to be told what is kept, and to be closed
    /// @throws ErrnoException if this host has no Landlock
    public static Landlock prepare() throws ErrnoException {
        int version = version();
        if (version < FIRST_USABLE) {
            throw new ErrnoException("landlock_create_ruleset", Errno.ENOSYS.number());
        }
        long given = UP_TO_REFER
                | (version >= WITH_TRUNCATE ? TRUNCATE : 0)
                | (version >= WITH_DEVICE_CONTROL ? DEVICE_CONTROL : 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(RULESET_SIZE, Long.BYTES);
            attributes.set(JAVA_LONG, RULESET_FILES, given);
            attributes.set(JAVA_LONG, RULESET_NETWORK, version >= WITH_NETWORK ? BIND_AND_CONNECT : 0);
            attributes.set(JAVA_LONG, RULESET_SCOPES, version >= WITH_SCOPES ? SOCKETS_AND_SIGNALS : 0);
            // An older kernel takes more than it knows if that is 0.
            long result = Downcall.systemCall(CREATE_RULESET, attributes.address(), RULESET_SIZE, 0, 0, 0, 0);
            ErrnoException.check("landlock_create_ruleset", result);
            return new Landlock(new OwnedFd((int) result), given);
        }
    }

    private static int version() {
        return (int) Downcall.systemCall(CREATE_RULESET, 0, 0, VERSION, 0, 0, 0);
    }

    /// Keeps a file, or a directory and all that will ever lie in it.
    ///
    /// @param path what it is now; symbolic links are followed
    /// @param access how it may still be used
    /// @throws IOException if it is not there, or cannot be reached
    public void keep(Path path, Access access) throws IOException {
        Path real = path.toRealPath();
        boolean directory = Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS);
        try (OwnedFd file = FileIo.openName(real);
                Arena arena = Arena.ofConfined()) {
            MemorySegment rule = arena.allocate(RULE_SIZE, Long.BYTES);
            rule.set(JAVA_LONG, RULE_ACCESS, access.bits & given & (directory ? ~0 : OF_FILES));
            rule.set(JAVA_INT_UNALIGNED, RULE_PARENT, file.number());
            long result = Downcall.systemCall(ADD_RULE, ruleset.number(), PATH_BENEATH, rule.address(), 0, 0, 0);
            ErrnoException.check("landlock_add_rule", path, (int) result);
        }
    }

    /// Takes all other files from the calling thread, from threads that it starts, and from what it is started anew as.
    ///
    /// @throws ErrnoException if the thread could get new privileges ([Isolation#forbidNewPrivileges])
    public void giveUpOthers() throws ErrnoException {
        ErrnoException.check(
                "landlock_restrict_self", Downcall.systemCall(RESTRICT_SELF, ruleset.number(), 0, 0, 0, 0, 0));
    }

    @Override
    public void close() {
        ruleset.close();
    }
}
