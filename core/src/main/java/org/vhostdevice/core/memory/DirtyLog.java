package org.vhostdevice.core.memory;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.SharedBits;

/// The log in which a back end marks the pages of guest memory that it has written, while a guest migrates (vhost-user,
/// "Migration"): one bit for each page of 4096 bytes, the page's number being the bit's.
///
/// The front end and other back ends mark pages in the same bytes, and the front end takes marks away while it copies
/// pages. It may also truncate the file at any time; that is an [InternalError] here as with guest memory. Any thread
/// marks; whoever closes the log sees to it that nobody does so any more.
public final class DirtyLog implements AutoCloseable {
    /// Bytes of guest memory that one bit stands for, on every host.
    public static final int PAGE = 4096;

    private static final Logger LOGGER = System.getLogger(DirtyLog.class.getName());
    private static final int PAGE_SHIFT = 12;
    private static final int WORD_PAGES = SharedBits.WORD_BYTES * Byte.SIZE;
    private static final byte FULL = -1;

    private final MappedRegion mapping;
    private final MemorySegment bits;
    private final long pages;
    private final int misalignment;
    private final AtomicBoolean warned = new AtomicBoolean();

    /// Takes a mapped log over.
    ///
    /// @param mapping writable, owned by the log from now on
    public DirtyLog(MappedRegion mapping) {
        this.mapping = mapping;
        this.bits = mapping.segment();
        this.pages = bits.byteSize() > Long.MAX_VALUE / Byte.SIZE ? Long.MAX_VALUE : bits.byteSize() * Byte.SIZE;
        this.misalignment = (int) bits.address() & (SharedBits.WORD_BYTES - 1);
    }

    /// {@return whether this host can keep a log}
    public static boolean isSupported() {
        return Capability.ATOMIC_BITS.available();
    }

    /// {@return whether the log has bits for a whole range of guest memory}
    ///
    /// @param guestAddress of the first byte
    /// @param bytes at least 1
    public boolean covers(long guestAddress, long bytes) {
        long last = guestAddress + (bytes - 1);
        return Long.compareUnsigned(guestAddress, last) <= 0 && (last >>> PAGE_SHIFT) < pages;
    }

    /// Marks the pages of a range as written. The writes come first; pages that the log has no bit for are left out.
    ///
    /// @param guestAddress of the first byte
    /// @param bytes 0 or more
    /// @return whether a mark was added
    public boolean mark(long guestAddress, long bytes) {
        if (bytes <= 0) {
            return false;
        }
        // A page whose mark is still there has not been copied yet, if what was written is visible before one looks.
        VarHandle.fullFence();
        long last = (guestAddress + (bytes - 1)) >>> PAGE_SHIFT;
        long page = guestAddress >>> PAGE_SHIFT;
        boolean added = false;
        while (page <= last) {
            if (page >= pages) {
                warnBeyond(page);
                break;
            }
            if (isWord(page, last)) {
                added |= markWord(page / Byte.SIZE);
                page += WORD_PAGES;
            } else {
                added |= markPage(page);
                page++;
            }
        }
        return added;
    }

    /// Whether the word that begins at a page's bit is within the range and the log.
    private boolean isWord(long page, long last) {
        return last - page >= WORD_PAGES - 1
                && pages - page >= WORD_PAGES
                && page % Byte.SIZE == 0
                && ((page / Byte.SIZE + misalignment) & (SharedBits.WORD_BYTES - 1)) == 0;
    }

    private boolean markWord(long offset) {
        for (int i = 0; i < SharedBits.WORD_BYTES; i++) {
            if (bits.get(ValueLayout.JAVA_BYTE, offset + i) != FULL) {
                SharedBits.setWord(bits, offset);
                return true;
            }
        }
        return false;
    }

    private boolean markPage(long page) {
        int bit = (int) (page % Byte.SIZE);
        if ((bits.get(ValueLayout.JAVA_BYTE, page / Byte.SIZE) >> bit & 1) != 0) {
            return false;
        }
        SharedBits.set(bits, page / Byte.SIZE, bit);
        return true;
    }

    private void warnBeyond(long page) {
        if (!warned.get() && warned.compareAndSet(false, true)) {
            LOGGER.log(Level.WARNING, "the dirty log has " + pages + " pages, page " + page + " is not logged");
        }
    }

    /// Unmaps the log.
    @Override
    public void close() {
        mapping.close();
    }
}
