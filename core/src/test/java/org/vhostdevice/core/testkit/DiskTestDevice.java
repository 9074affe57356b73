package org.vhostdevice.core.testkit;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// A block device in an array for tests, written down from VIRTIO 1.4, 5.2, with every feature but zones. It breaks one
/// rule if a test wants that.
public final class DiskTestDevice implements VirtioDevice {
    /// Rules to break.
    public enum Fault {
        /// None.
        NONE,
        /// Is read-only, and obeys that.
        READ_ONLY,
        /// Says that it is read-only, and writes.
        READ_ONLY_WRITTEN,
        /// Has numbers in reserved fields.
        RESERVED_FIELDS,
        /// Offers CONFIG_WCE without FLUSH.
        NO_FLUSH,
        /// Starts with writeback on.
        WRITEBACK_ON,
        /// Does not flush.
        FLUSH_FAILS,
        /// Has a worn-out medium, by a number that is reserved.
        LIFETIME_RESERVED,
        /// Has a success for every type of request.
        ANY_TYPE,
        /// Has no end.
        ENDLESS,
        /// Claims to have written what it did not.
        LONG_LENGTH,
        /// Leaves data unwritten.
        NO_DATA,
        /// Fills its name with blanks.
        BLANK_ID,
        /// Takes any length.
        ANY_LENGTH,
        /// Keeps malformed requests.
        KEEPS_MALFORMED,
        /// Wants three pieces at most.
        FEW_PIECES,
        /// Loses writes.
        LOSES_WRITES,
        /// Takes any flags.
        ANY_FLAGS,
        /// Writes no zeroes.
        NO_ZEROES,
        /// Keeps some requests for good.
        KEEPS_SOME
    }

    private static final int SECTOR = 512;
    private static final int HEADER = 16;
    private static final int BYTES = 64 << 10;
    private static final int CONFIG = 60;
    private static final int OK = 0;
    private static final int IOERR = 1;
    private static final int UNSUPP = 2;
    private static final Set<Integer> RANGES = Set.of(11, 13, 14);
    private static final long ALL = 0x1fe44 & ~(1L << 12);

    private final Fault fault;
    private final byte[] disk = new byte[BYTES];
    private final List<DescriptorChain> kept = new ArrayList<>();
    private int served;

    /// Makes a disk with some content.
    ///
    /// @param fault the rule to break
    public DiskTestDevice(Fault fault) {
        this.fault = fault;
        for (int i = 0; i < BYTES; i++) {
            disk[i] = (byte) (i / 7);
        }
    }

    @Override
    public DeviceType type() {
        return DeviceType.BLOCK;
    }

    @Override
    public int queueCount() {
        return 1;
    }

    @Override
    public long features() {
        boolean readOnly = fault == Fault.READ_ONLY || fault == Fault.READ_ONLY_WRITTEN;
        return (ALL | (readOnly ? 1 << 5 : 0)) & (fault == Fault.NO_FLUSH ? ~(1L << 9) : -1L);
    }

    @Override
    public ConfigSpace config() {
        return () -> {
            ByteBuffer bytes = ByteBuffer.allocate(CONFIG).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putLong(0, BYTES / SECTOR);
            bytes.put(32, (byte) (fault == Fault.WRITEBACK_ON ? 1 : 0));
            bytes.put(33, (byte) (fault == Fault.RESERVED_FIELDS ? 1 : 0));
            return bytes.array();
        };
    }

    @Override
    public QueueHandler start(QueueContext context) {
        return new QueueHandler() {
            @Override
            public void handle(DescriptorChain chain) {
                serve(chain);
            }

            @Override
            public void quiesce() {
                kept.forEach(chain -> chain.complete(0));
                kept.clear();
            }
        };
    }

    private void serve(DescriptorChain chain) {
        int in = (int) chain.readable().length();
        int room = (int) chain.writable().length() - 1;
        served++;
        boolean malformed = in < HEADER || room < 0;
        boolean lazy = fault == Fault.KEEPS_SOME && served % 20 == 0;
        if (lazy || (malformed && fault == Fault.KEEPS_MALFORMED)) {
            boolean _ = kept.add(chain);
            return;
        }
        if (malformed) {
            chain.complete(0);
            return;
        }
        byte[] request = new byte[in];
        chain.readable().read(0, MemorySegment.ofArray(request), in);
        byte[] answer = new byte[room];
        int pieces = chain.readable().pieces() + chain.writable().pieces();
        int status = fault == Fault.FEW_PIECES && pieces > 3 ? IOERR : execute(request, answer);
        boolean written = status == OK && room > 0 && fault != Fault.NO_DATA;
        if (written) {
            chain.writable().write(0, MemorySegment.ofArray(answer), room);
        }
        chain.writable().writeByte(room, status);
        boolean whole = room == 0 || written || fault == Fault.LONG_LENGTH || fault == Fault.NO_DATA;
        chain.complete(whole ? room + 1 : 0);
    }

    private int execute(byte[] request, byte[] answer) {
        ByteBuffer header = ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN);
        int type = header.getInt(0);
        long sector = header.getLong(8);
        byte[] data = Arrays.copyOfRange(request, HEADER, request.length);
        return switch (type) {
            case 0 -> read(sector, answer);
            case 1 -> write(sector, data);
            case 4 -> fault == Fault.FLUSH_FAILS ? IOERR : OK;
            case 8 -> id(answer);
            case 10 -> lifetime(answer);
            default -> RANGES.contains(type) ? range(type, data) : fault == Fault.ANY_TYPE ? OK : UNSUPP;
        };
    }

    private int read(long sector, byte[] answer) {
        int fits = fits(sector, answer.length);
        if (fits == OK && sector >= 0 && sector * SECTOR + answer.length <= BYTES) {
            System.arraycopy(disk, (int) sector * SECTOR, answer, 0, answer.length);
        }
        return fits;
    }

    private int fits(long sector, int bytes) {
        boolean odd = bytes % SECTOR != 0 && fault != Fault.ANY_LENGTH;
        boolean outside = sector < 0 || sector > BYTES / SECTOR || sector * SECTOR + bytes > BYTES;
        return odd || (outside && fault != Fault.ENDLESS) ? IOERR : OK;
    }

    private int write(long sector, byte[] data) {
        int fits = fits(sector, data.length);
        if (fault == Fault.READ_ONLY || fits != OK) {
            return IOERR;
        }
        if (fault != Fault.LOSES_WRITES && sector * SECTOR + data.length <= BYTES && sector >= 0) {
            System.arraycopy(data, 0, disk, (int) sector * SECTOR, data.length);
        }
        return fault == Fault.READ_ONLY_WRITTEN ? IOERR : OK;
    }

    private int id(byte[] answer) {
        Arrays.fill(answer, (byte) (fault == Fault.BLANK_ID ? ' ' : 0));
        System.arraycopy(new byte[] {'d', 'i', 's', 'k', 0}, 0, answer, 0, 5);
        return OK;
    }

    private int lifetime(byte[] answer) {
        answer[0] = (byte) (fault == Fault.LIFETIME_RESERVED ? 9 : 1);
        return OK;
    }

    private int range(int type, byte[] segment) {
        ByteBuffer fields = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
        int flags = fields.getInt(12);
        boolean known = flags == 0 || (flags == 1 && type == 13);
        if (!known && fault != Fault.ANY_FLAGS) {
            return UNSUPP;
        }
        int from = (int) fields.getLong(0) * SECTOR;
        if (type == 13 && fault != Fault.NO_ZEROES) {
            Arrays.fill(disk, from, from + fields.getInt(8) * SECTOR, (byte) 0);
        }
        return OK;
    }

    @Override
    public void close() {}
}
