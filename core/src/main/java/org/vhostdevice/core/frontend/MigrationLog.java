package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedBits;
import org.vhostdevice.core.sys.SharedMemory;

/// The dirty log of a front end (vhost-user, "Migration"): shared memory in which the back end marks the pages of guest
/// memory that it writes, and the front end those that it writes itself. Any thread marks; one takes the marks away.
public final class MigrationLog implements AutoCloseable {
    /// Bytes of guest memory for each mark.
    public static final int PAGE = 4096;

    private static final int PAGE_SHIFT = 12;
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final SharedMemory file;
    private final MappedRegion mapping;
    private final MemorySegment bits;
    private final long offset;

    private MigrationLog(SharedMemory file, MappedRegion mapping, long offset) {
        this.file = file;
        this.mapping = mapping;
        this.bits = mapping.segment();
        this.offset = offset;
    }

    /// Makes a log without marks.
    ///
    /// @param end    the guest address behind the last page
    /// @param offset bytes in the file before the log begins
    /// @return the log
    /// @throws ErrnoException if the host refuses
    public static MigrationLog create(long end, long offset) throws ErrnoException {
        long pages = (end + PAGE - 1) >>> PAGE_SHIFT;
        long size = (pages + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
        SharedMemory file = SharedMemory.create("dirty-log", offset + size);
        try {
            return new MigrationLog(file, MappedRegion.map(file.fd(), offset, size, true), offset);
        } catch (ErrnoException e) {
            file.close();
            throw e;
        }
    }

    /// {@return the payload of SET_LOG_BASE}
    public Message.Log message() {
        return new Message.Log(bits.byteSize(), offset);
    }

    /// {@return the descriptor to go with it; still owned by this object}
    public OwnedFd descriptor() {
        return file.fd();
    }

    /// Marks the pages of a range, after the front end itself has written there.
    ///
    /// @param address guest address of the first byte
    /// @param length  bytes
    /// @throws IndexOutOfBoundsException if the log ends before the range
    public void mark(long address, long length) {
        VarHandle.fullFence();
        for (long page = address >>> PAGE_SHIFT; page <= (address + length - 1) >>> PAGE_SHIFT; page++) {
            if (!isMarked(page)) {
                SharedBits.set(bits, page / Byte.SIZE, (int) (page % Byte.SIZE));
            }
        }
    }

    /// Whether the page of a guest address is marked.
    ///
    /// @param address any guest address in the log
    /// @return whether it is
    public boolean isMarkedAt(long address) {
        return isMarked(address >>> PAGE_SHIFT);
    }

    private boolean isMarked(long page) {
        return (bits.get(ValueLayout.JAVA_BYTE, page / Byte.SIZE) >> (page % Byte.SIZE) & 1) != 0;
    }

    /// What is done with a page.
    @FunctionalInterface
    public interface PageAction {
        /// Does it.
        ///
        /// @param address guest address of the page
        /// @throws IOException if it cannot be done
        void accept(long address) throws IOException;
    }

    /// Takes all marks away. A page that is written again after its mark was taken gets another one.
    ///
    /// @param action done with each page after its mark was taken, by rising address
    /// @return how many pages
    /// @throws IOException if an action fails; marks that are left are kept
    public long take(PageAction action) throws IOException {
        long taken = 0;
        for (long at = 0; at < bits.byteSize(); at += Long.BYTES) {
            for (long left = bits.get(LE64, at); left != 0; left &= left - 1) {
                int bit = Long.numberOfTrailingZeros(left);
                SharedBits.clear(bits, at + bit / Byte.SIZE, bit % Byte.SIZE);
                action.accept((at * Byte.SIZE + bit) << PAGE_SHIFT);
                taken++;
            }
        }
        return taken;
    }

    /// Unmaps the log.
    @Override
    public void close() {
        mapping.close();
        file.close();
    }
}
