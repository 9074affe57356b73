package org.vhostdevice.core.testkit;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
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
        KEEPS_SOME,
        /// Makes writes stable by a flush alone, whatever was negotiated.
        STABLE_BY_FLUSH_ONLY,
        /// Makes nothing stable.
        NEVER_STABLE,
        /// Has zones, and obeys.
        ZONED,
        /// Has zones, by a model that nobody knows.
        ZONED_ODDLY,
        /// Has zones, and tells of none.
        ZONED_SILENTLY,
        /// Has zones wherever one is wanted.
        ZONED_EVERYWHERE,
        /// Fails as a program at a request without a header.
        FAILS_AT_EMPTY
    }

    private static final int SECTOR = 512;
    private static final int HEADER = 16;
    private static final int BYTES = 64 << 10;
    private static final int CONFIG = 60;
    private static final int ZONED_CONFIG = 96;
    private static final int ZONED = 17;
    private static final int ZONE_REPORT = 16;
    private static final int ZONE_OPEN = 18;
    private static final int OK = 0;
    private static final int IOERR = 1;
    private static final int UNSUPP = 2;
    private static final Set<Integer> RANGES = Set.of(11, 13, 14);
    private static final long ALL = 0x1fe44 & ~(1L << 12);

    private final Fault fault;
    private final byte[] medium;
    private final byte[] disk;
    private final List<DescriptorChain> kept = new ArrayList<>();
    private final boolean hasZones;
    private final AtomicInteger grown = new AtomicInteger();
    private boolean zoned;
    private int served;

    /// Makes a disk with some content.
    ///
    /// @param fault the rule to break
    public DiskTestDevice(Fault fault) {
        this(fault, medium());
    }

    /// Makes a disk of a medium that outlives it: what is not stable is lost with the disk.
    ///
    /// @param fault  the rule to break
    /// @param medium from [#medium], written by this disk alone
    public DiskTestDevice(Fault fault, byte[] medium) {
        this.fault = fault;
        this.medium = medium;
        disk = medium.clone();
        hasZones = fault.name().startsWith("ZONED");
    }

    /// {@return a medium with some content}
    public static byte[] medium() {
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (i / 7);
        }
        return bytes;
    }

    /// Says from now on that it has one sector more than before.
    public void grow() {
        int _ = grown.incrementAndGet();
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
        return (ALL | (readOnly ? 1 << 5 : 0) | (hasZones ? 1L << ZONED : 0))
                & (fault == Fault.NO_FLUSH ? ~(1L << 9) : -1L);
    }

    @Override
    public ConfigSpace config() {
        return () -> {
            ByteBuffer bytes =
                    ByteBuffer.allocate(hasZones ? ZONED_CONFIG : CONFIG).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putLong(0, BYTES / SECTOR + grown.get());
            if (hasZones) {
                bytes.putInt(72, 64).putInt(88, SECTOR).put(92, (byte) (fault == Fault.ZONED_ODDLY ? 7 : 1));
            }
            bytes.put(32, (byte) (fault == Fault.WRITEBACK_ON ? 1 : 0));
            bytes.put(33, (byte) (fault == Fault.RESERVED_FIELDS ? 1 : 0));
            return bytes.array();
        };
    }

    @Override
    public QueueHandler start(QueueContext context) {
        zoned = (context.features().bits() & 1L << ZONED) != 0;
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
        if (in == 0 && fault == Fault.FAILS_AT_EMPTY) {
            throw new IllegalStateException("a request without a header, as a test wants it");
        }
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
            case 4 -> flush();
            case 8 -> id(answer);
            case 10 -> lifetime(answer);
            default -> RANGES.contains(type) ? range(type, data) : zoned ? zone(type, sector, answer) : other();
        };
    }

    private int other() {
        return fault == Fault.ANY_TYPE ? OK : UNSUPP;
    }

    private int zone(int type, long sector, byte[] answer) {
        if (type == ZONE_REPORT) {
            answer[0] = (byte) (fault == Fault.ZONED_SILENTLY ? 0 : 2);
            return OK;
        }
        boolean exists = sector < BYTES / SECTOR || fault == Fault.ZONED_EVERYWHERE;
        return type == ZONE_OPEN && exists ? OK : UNSUPP;
    }

    private int flush() {
        if (fault != Fault.NEVER_STABLE) {
            System.arraycopy(disk, 0, medium, 0, BYTES);
        }
        return fault == Fault.FLUSH_FAILS ? IOERR : OK;
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
        if (fault != Fault.STABLE_BY_FLUSH_ONLY) {
            int _ = flush();
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
