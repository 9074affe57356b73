package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.IoBuffers;

/// A disk in a qcow2 image. Any thread.
public final class Qcow2Image implements DirectStorage {
    private static final System.Logger LOG = System.getLogger(Qcow2Image.class.getName());

    private final Path path;
    private final ImageContext image;
    private final @Nullable DirectStorage direct;
    private final Backing backing;
    private final ClusterReader reader;
    private final Locator locator;
    private final @Nullable WritableDisk disk;
    private volatile long size;

    private Qcow2Image(ImageContext image, Qcow2Options options, SnapshotTable snapshots, Backing backing)
            throws IOException {
        this.path = options.path();
        this.image = image;
        this.direct = image.file().storage() instanceof DirectStorage storage ? storage : null;
        this.backing = backing;
        this.size = image.header().size();
        var l1 = L1Table.read(image.file(), image.header());
        WritableImage writable = image.writable() ? WritableOpener.open(image, l1, snapshots, options) : null;
        L2Tables tables = writable == null ? new L2Tables(image, l1, null, options.l2CacheBytes()) : writable.tables();
        MetadataPlaces places =
                writable == null ? new MetadataPlaces(image.geometry().clusterBits()) : writable.places();
        this.reader = new ClusterReader(image, new Mapper(image, tables), backing);
        this.locator = new Locator(image, tables, places);
        this.disk = writable == null ? null : new WritableDisk(writable, locator, reader, backing);
    }

    /// Opens an image and its backing files. One that is opened for writing is repaired if it was not closed.
    ///
    /// @param file that the image lies in; the image closes it, but not if this fails
    /// @param options how it is opened
    /// @param opener opens the backing files
    /// @return the image
    /// @throws IOException if it is not valid, or needs what is not supported
    public static Qcow2Image open(Storage file, Qcow2Options options, BackingOpener opener) throws IOException {
        return open(file, options, opener, Backing.Chain.of(options.path()));
    }

    /// Makes an empty image of a storage, whose bytes are lost.
    ///
    /// @param file that the image will lie in; still the caller's
    /// @param options what the image is like
    /// @throws IOException if the disk is too large for them, or the storage fails
    public static void create(Storage file, Qcow2CreateOptions options) throws IOException {
        ImageCreator.create(file, options);
    }

    static Qcow2Image open(Storage file, Qcow2Options options, BackingOpener opener, Backing.Chain chain)
            throws IOException {
        try {
            return openNamed(file, options, opener, chain);
        } catch (IOException e) {
            String name = "image " + options.path();
            String why = String.valueOf(e.getMessage());
            throw why.startsWith("image ") ? e : new IOException(name + ": " + why, e);
        }
    }

    private static Qcow2Image openNamed(Storage file, Qcow2Options options, BackingOpener opener, Backing.Chain chain)
            throws IOException {
        var host = new HostFile(file);
        Header header = Header.read(host);
        ImageContext image = ImageContext.of(options.path(), host, header, !options.readOnly() && !file.readOnly());
        SnapshotTable snapshots = SnapshotTable.read(host, header);
        Backing backing = Backing.open(header, options, opener, chain);
        try {
            if (image.writable()) {
                WritableOpener.prepare(options.path(), image, snapshots);
            }
            return new Qcow2Image(image, options, snapshots, backing);
        } catch (IOException | RuntimeException e) {
            backing.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return !image.writable();
    }

    @Override
    public void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
        reader.read(offset, into, position, bytes);
    }

    @Override
    public void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        disk().write(offset, from, position, bytes);
    }

    @Override
    public void writeZeroes(long offset, long bytes, boolean mayUnmap) throws IOException {
        disk().writeZeroes(offset, bytes, mayUnmap, size);
    }

    @Override
    public void discard(long offset, long bytes) throws IOException {
        disk().discard(offset, bytes, size);
    }

    @Override
    public void flush() throws IOException {
        if (disk != null) {
            disk.flush();
        }
    }

    /// Makes the disk larger.
    @Override
    public synchronized void resize(long bytes) throws IOException {
        if (bytes < size) {
            throw new IOException("image " + path + " cannot become smaller than its " + size + " bytes");
        }
        disk().grow(size, bytes);
        size = bytes;
    }

    @Override
    public Extent extent(long offset, long bytes) throws IOException {
        Mapping found = reader.map(offset, bytes);
        return switch (found.kind()) {
            case DATA, COMPRESSED -> new Extent(Extent.Kind.DATA, found.bytes());
            case ZERO -> new Extent(Extent.Kind.ZERO, found.bytes());
            case UNALLOCATED -> backing.extent(offset, found.bytes());
        };
    }

    /// {@return the descriptor of the file that the image lies in; -1 if it lies in none, and nothing is located then}
    @Override
    public int descriptor() {
        return direct == null ? -1 : direct.descriptor();
    }

    @Override
    public int alignment() {
        return direct == null ? 1 : direct.alignment();
    }

    @Override
    public boolean cached() {
        return direct == null || direct.cached();
    }

    @Override
    public long locate(long offset, long bytes, boolean write) {
        if (direct == null) {
            return ELSEWHERE;
        }
        long host = locator.locate(offset, bytes, write);
        return host == ELSEWHERE ? ELSEWHERE : direct.locate(host, bytes, write);
    }

    @Override
    public int enter() {
        int below = direct == null ? 0 : direct.enter();
        return below << 1 | image.uses().enter();
    }

    @Override
    public void leave(int use) {
        image.uses().leave(use & 1);
        if (direct != null) {
            direct.leave(use >> 1);
        }
    }

    @Override
    public void hurry() {
        image.file().storage().hurry();
        backing.hurry();
    }

    @Override
    public void close() {
        if (disk != null) {
            try {
                disk.close();
            } catch (IOException e) {
                // What is wrong with a corrupt image was said when it was found.
                var level = image.corruption().isFound() ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR;
                LOG.log(level, "image " + path + " could not be closed cleanly", e);
            }
        }
        backing.close();
        image.file().storage().close();
    }

    @Override
    public String toString() {
        return "image " + path;
    }

    private WritableDisk disk() throws IOException {
        if (disk == null) {
            throw new IOException("image " + path + " is open for reading only");
        }
        return disk;
    }
}
