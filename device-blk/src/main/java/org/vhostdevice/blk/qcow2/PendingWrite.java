package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.List;

/// Bytes of metadata that are to be written.
///
/// @param offset in the file
/// @param bytes of whole sectors
@SuppressWarnings("ArrayRecordComponent") // never compared
record PendingWrite(long offset, byte[] bytes) {
    static void writeAll(HostFile file, List<PendingWrite> writes) throws IOException {
        for (PendingWrite write : writes) {
            file.write(write.offset, write.bytes);
        }
    }
}
