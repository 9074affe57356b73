package org.vhostdevice.core.transport;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.UnixSocket;

/// Where front ends are found.
public sealed interface Endpoint {

    /// A socket file that is made, and removed at the end.
    ///
    /// @param path  the file, not longer than this host's socket addresses allow
    /// @param mode  its permission bits, `0..0777`
    /// @param group name or number of its group, null to leave it as it is
    record Listen(Path path, int mode, @Nullable String group) implements Endpoint {
        /// Permissions without a group: the owner alone.
        public static final int OWNER_ONLY = 0600;

        /// Permissions with a group.
        public static final int OWNER_AND_GROUP = 0660;

        /// Checks path and mode.
        ///
        /// @throws IllegalArgumentException with a message for the user
        public Listen {
            int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
            if (bytes == 0) {
                throw new IllegalArgumentException("the socket path is empty");
            }
            if (bytes > UnixSocket.maxPathBytes()) {
                throw new IllegalArgumentException("the socket path has " + bytes + " bytes, this host allows "
                        + UnixSocket.maxPathBytes() + ": " + path);
            }
            if ((mode & ~0777) != 0) {
                throw new IllegalArgumentException(
                        "socket mode " + Integer.toOctalString(mode) + " is not in 0 to 777 (octal)");
            }
        }

        /// The usual permissions: read and write for the owner, and for the group when one is given.
        ///
        /// @param path  the file
        /// @param mode  permission bits, null for the usual ones
        /// @param group name or number, null for none
        /// @return the end point
        /// @throws IllegalArgumentException with a message for the user
        public static Listen of(Path path, @Nullable Integer mode, @Nullable String group) {
            int usual = group == null ? OWNER_ONLY : OWNER_AND_GROUP;
            return new Listen(path, mode == null ? usual : mode, group);
        }
    }

    /// A descriptor that the process was started with: a listening socket, or one that is connected to a front end
    /// already. Which of them is found out when it is opened.
    ///
    /// @param fd its number, which belongs to the listener from then on
    record Inherited(int fd) implements Endpoint {
        /// Checks the number.
        ///
        /// @throws IllegalArgumentException with a message for the user
        public Inherited {
            if (fd < 0) {
                throw new IllegalArgumentException("file descriptor " + fd + " is negative");
            }
        }
    }
}
