package org.vhostdevice.packaging;

import java.nio.charset.StandardCharsets;

/// What is installed at one path.
sealed interface TreeEntry {
    /// The bytes whose checksum stands for the entry: a file's own, or where a link leads.
    byte[] bytes();

    /// A regular file.
    ///
    /// @param bytes its content
    /// @param executable whether it is a program
    @SuppressWarnings("ArrayRecordComponent") // one owner, who does not change it
    record File(byte[] bytes, boolean executable) implements TreeEntry {}

    /// A symbolic link.
    ///
    /// @param target where it leads
    record Link(String target) implements TreeEntry {
        @Override
        public byte[] bytes() {
            return target.getBytes(StandardCharsets.UTF_8);
        }
    }
}
