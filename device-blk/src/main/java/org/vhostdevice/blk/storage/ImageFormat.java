package org.vhostdevice.blk.storage;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.vhostdevice.core.memory.SegmentBuffers;

/// What an image is by its first bytes.
public enum ImageFormat {
    /// The bytes of the disk themselves: everything that is not known to be something else.
    RAW("raw", true),
    /// QEMU's copy-on-write format, version 2 or 3.
    QCOW2("qcow2", true),
    /// The same, version 1.
    QCOW("qcow", false),
    /// QEMU's enhanced disk format.
    QED("qed", false),
    /// VMware's format.
    VMDK("vmdk", false),
    /// Microsoft's format.
    VHDX("vhdx", false);

    /// How many bytes tell the format.
    public static final int PROBED_BYTES = 512;

    private static final int QCOW_VERSION_AT = 7;

    private final String word;
    private final boolean supported;

    ImageFormat(String word, boolean supported) {
        this.word = word;
        this.supported = supported;
    }

    /// {@return its name in QEMU's words}
    public String word() {
        return word;
    }

    /// {@return whether images of this format can be served}
    public boolean isSupported() {
        return supported;
    }

    /// Tells the format of an image.
    ///
    /// @param image any, of any size
    /// @return the format that its first bytes say
    /// @throws IOException if it cannot be read
    public static ImageFormat of(Storage image) throws IOException {
        int bytes = (int) Math.min(PROBED_BYTES, image.size());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment first = arena.allocate(PROBED_BYTES, PROBED_BYTES);
            image.read(0, new SegmentBuffers(first), 0, bytes);
            return of(first.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /// Tells the format by the first bytes of an image.
    ///
    /// @param first at least [#PROBED_BYTES], padded with zeros
    /// @return the format
    public static ImageFormat of(byte[] first) {
        if (begins(first, "QFI\u00fb")) {
            return first[QCOW_VERSION_AT] == 1 ? QCOW : QCOW2;
        }
        if (begins(first, "QED\0")) {
            return QED;
        }
        if (begins(first, "KDMV") || begins(first, "COWD") || begins(first, "# Disk DescriptorFile")) {
            return VMDK;
        }
        return begins(first, "vhdxfile") ? VHDX : RAW;
    }

    private static boolean begins(byte[] first, String magic) {
        byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
        return Arrays.equals(bytes, 0, bytes.length, first, 0, bytes.length);
    }
}
