package org.vhostdevice.blk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.vhostdevice.blk.nbd.NbdStorage;
import org.vhostdevice.blk.qcow2.BackingOpener;
import org.vhostdevice.blk.qcow2.Qcow2CreateOptions;
import org.vhostdevice.blk.qcow2.Qcow2Image;
import org.vhostdevice.blk.qcow2.Qcow2Options;
import org.vhostdevice.blk.storage.FileSpec;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.blk.storage.ImageFormat;
import org.vhostdevice.blk.storage.MemoryStorage;
import org.vhostdevice.blk.storage.NullStorage;
import org.vhostdevice.blk.storage.ProbedRaw;
import org.vhostdevice.blk.storage.Storage;

/// Opens what the options name: where the bytes are, what they are, and what lies over them.
final class MediumOpener {
    /// Room for the header of a new image, which makes the file as large as it needs to be.
    private static final long NEW_IMAGE_BYTES = 1 << 16;

    private final MediumOptions options;

    private MediumOpener(MediumOptions options) {
        this.options = options;
    }

    /// Opens a medium.
    ///
    /// @param blockBytes its size must be a multiple of this
    /// @return the storage; the caller closes it
    /// @throws IOException if it cannot be served; the message is one line that says what to do
    static Storage open(Medium medium, MediumOptions options, int blockBytes) throws IOException {
        var opener = new MediumOpener(options);
        Storage storage = opener.open(medium);
        try {
            check(storage, blockBytes);
            return options.snapshot() && !options.readOnly() ? opener.overlay(storage) : storage;
        } catch (IOException | RuntimeException e) {
            storage.close();
            throw e;
        }
    }

    private Storage open(Medium medium) throws IOException {
        return switch (medium) {
            case Medium.File file
            when file.createBytes() > 0 && options.format() == ImageFormat.QCOW2 -> createImage(file);
            case Medium.File file -> image(FileStorage.open(spec(file.path(), file.createBytes())), file.path());
            case Medium.Nbd(var uri) -> image(NbdStorage.open(uri, options.nbd()), Path.of(""));
            case Medium.Memory(var bytes) -> MemoryStorage.create(bytes, options.readOnly());
            case Medium.None(var bytes) -> new NullStorage(bytes, options.readOnly());
        };
    }

    private FileSpec spec(Path path, long createBytes) {
        return new FileSpec(
                path,
                options.keepsMedium() && createBytes == 0,
                createBytes,
                options.cache().direct(),
                options.locked(),
                options.cache() != CacheMode.UNSAFE);
    }

    /// What lies in a file or in an export. One whose format nobody names cannot become another format.
    ///
    /// @param path of a file, empty for an export
    private Storage image(Storage bytes, Path path) throws IOException {
        try {
            ImageFormat named = options.format();
            ImageFormat format = named == null ? ImageFormat.of(bytes) : named;
            return switch (format) {
                case RAW -> named == null && !bytes.readOnly() ? new ProbedRaw(bytes) : bytes;
                case QCOW2 -> Qcow2Image.open(bytes, tables(path), opener(path));
                default ->
                    throw new IOException(bytes + " looks like a " + format.word()
                            + " image: convert it with qemu-img, or use --format raw if it is a disk's bytes");
            };
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
    }

    private Qcow2Options tables(Path path) {
        return new Qcow2Options(
                path,
                options.keepsMedium(),
                options.tables().l2Bytes(),
                options.tables().refcountBytes());
    }

    /// Opens the files that an image names, unless it comes from a server, which has no say about files of this host.
    private BackingOpener opener(Path image) {
        if (image.toString().isEmpty()) {
            return path -> {
                throw new IOException("an image on a server names the file " + path
                        + " of this host as its backing file, which is not opened");
            };
        }
        return path -> FileStorage.open(new FileSpec(
                path, true, 0, options.cache().direct(), options.locked(), options.cache() != CacheMode.UNSAFE));
    }

    /// Makes a qcow2 image; it is deleted again if it cannot be used.
    private Storage createImage(Medium.File file) throws IOException {
        FileStorage bytes = FileStorage.open(spec(file.path(), NEW_IMAGE_BYTES));
        try {
            Qcow2CreateOptions fresh = Qcow2CreateOptions.of(file.createBytes());
            String backing = file.backing();
            Qcow2Image.create(bytes, backing == null ? fresh : fresh.over(backing, formatOf(file.path(), backing)));
            return Qcow2Image.open(bytes, tables(file.path()), opener(file.path()));
        } catch (IOException | RuntimeException e) {
            bytes.close();
            Files.deleteIfExists(file.path());
            throw e;
        }
    }

    private static String formatOf(Path image, String backing) throws IOException {
        try (FileStorage bytes = FileStorage.open(new FileSpec(image.resolveSibling(backing), true))) {
            return ImageFormat.of(bytes).word();
        }
    }

    /// A temporary image over a medium, in a file that has no name any more.
    private Storage overlay(Storage base) throws IOException {
        Path path = Files.createTempFile("vhost-device-", ".qcow2");
        FileStorage bytes;
        try {
            bytes = FileStorage.open(new FileSpec(path, false, 0, false, false, false));
        } finally {
            Files.delete(path);
        }
        try {
            Qcow2Image.create(bytes, Qcow2CreateOptions.of(base.size()).over(path.toString() + ".base", "raw"));
            return Qcow2Image.open(
                    bytes,
                    new Qcow2Options(
                            path,
                            false,
                            options.tables().l2Bytes(),
                            options.tables().refcountBytes()),
                    _ -> base);
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
    }

    private static void check(Storage storage, int blockBytes) throws IOException {
        long size = storage.size();
        if (size == 0) {
            throw new IOException(storage + " is empty: name another, or delete it and use --create");
        }
        if (size % blockBytes != 0) {
            throw new IOException(
                    storage + " has " + size + " bytes, which is not a multiple of the logical block size " + blockBytes
                            + ": is it a raw image?");
        }
    }
}
