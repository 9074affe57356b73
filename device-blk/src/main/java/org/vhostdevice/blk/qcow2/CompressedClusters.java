package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Reads compressed clusters. Some that were read last are kept: a cluster is often read in pieces, and what an entry
/// names never changes.
///
/// Any thread.
final class CompressedClusters {
    private static final int KEPT_BYTES = 2 << 20;

    private final ImageContext image;
    private final int kept;
    private final Deque<Cluster> recent = new ArrayDeque<>();

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Cluster(long entry, byte[] bytes) {}

    CompressedClusters(ImageContext image) {
        this.image = image;
        this.kept = Math.clamp(KEPT_BYTES >> image.geometry().clusterBits(), 1, 32);
    }

    /// The bytes of a cluster, which are not to be changed.
    ///
    /// @throws IOException if it cannot be read, or does not decompress to a cluster
    byte[] read(long entry) throws IOException {
        synchronized (recent) {
            for (Cluster cluster : recent) {
                if (cluster.entry == entry) {
                    return cluster.bytes;
                }
            }
        }
        byte[] bytes = decompress(entry);
        synchronized (recent) {
            while (recent.size() >= kept) {
                recent.removeLast();
            }
            recent.addFirst(new Cluster(entry, bytes));
        }
        return bytes;
    }

    private byte[] decompress(long entry) throws IOException {
        Geometry geometry = image.geometry();
        long offset = geometry.compressedOffset(entry);
        long inside = Math.min(geometry.compressedBytes(entry), image.file().size() - offset);
        if (inside <= 0) {
            throw image.corruption().report("a compressed cluster lies at " + offset + " of the file");
        }
        byte[] in = image.file().read("compressed cluster", offset, inside);
        byte[] out = new byte[geometry.clusterBytes()];
        try {
            if (image.header().zstd()) {
                ZstdDecoder.decode(in, out);
            } else {
                inflate(in, out);
            }
        } catch (IOException | DataFormatException e) {
            throw new IOException("the compressed cluster at " + offset + " of the file is malformed", e);
        }
        return out;
    }

    private static void inflate(byte[] in, byte[] out) throws IOException, DataFormatException {
        var inflater = new Inflater(true);
        try {
            inflater.setInput(in);
            int done = 0;
            while (done < out.length) {
                int count = inflater.inflate(out, done, out.length - done);
                if (count == 0) {
                    throw new IOException("it ends after " + done + " of " + out.length + " bytes");
                }
                done += count;
            }
        } finally {
            inflater.end();
        }
    }
}
