package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.IoBuffers;

/// What an image has where it has nothing itself: its backing file, and zeros behind the end of that.
///
/// @param storage the backing file, null if there is none
record Backing(@Nullable Storage storage) {
    private static final int MAX_DEPTH = 200;
    private static final Pattern PROTOCOL = Pattern.compile("[^/:]*:.*", Pattern.DOTALL);
    private static final String FILE_PROTOCOL = "file:";

    /// The images from the one that is served to the one that is being opened.
    ///
    /// @param paths of the images
    /// @param guessed whether the last one's format was guessed from its first bytes
    record Chain(List<Path> paths, boolean guessed) {
        static Chain of(Path path) {
            return new Chain(List.of(identity(path)), false);
        }

        private Chain and(Path path, boolean formatGuessed) throws IOException {
            Path next = identity(path);
            if (paths.contains(next)) {
                throw new IOException("image " + path + " is its own backing file");
            }
            if (paths.size() >= MAX_DEPTH) {
                throw new IOException("the chain of backing files is longer than " + MAX_DEPTH);
            }
            return new Chain(Stream.concat(paths.stream(), Stream.of(next)).toList(), formatGuessed);
        }

        private static Path identity(Path path) {
            try {
                return path.toRealPath();
            } catch (IOException e) {
                return path.toAbsolutePath().normalize(); // what opens it says what is wrong
            }
        }
    }

    /// Opens the backing file that a header names.
    static Backing open(Header header, Qcow2Options options, BackingOpener opener, Chain chain) throws IOException {
        String name = header.backingName();
        if (name == null) {
            return new Backing(null);
        }
        if (chain.guessed) {
            throw new IOException("image " + options.path() + " is used as a backing file whose format no image names,"
                    + " so what it names as its own backing file is not opened: name the format"
                    + " (qemu-img rebase -u -F qcow2)");
        }
        Path path = path(name, options);
        String format = header.backingFormat();
        Chain next = chain.and(path, format == null);
        Storage file = opener.open(path);
        try {
            boolean qcow2 = format == null ? Header.magic(new HostFile(file)) : isQcow2(format, options);
            return new Backing(qcow2 ? Qcow2Image.open(file, options.backing(path), opener, next) : file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    long size() {
        return storage == null ? 0 : storage.size();
    }

    void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
        long inside = Math.clamp(size() - offset, 0, bytes);
        if (storage != null && inside > 0) {
            storage.read(offset, into, position, inside);
        }
        if (inside < bytes) {
            into.zero(position + inside, bytes - inside);
        }
    }

    Storage.Extent extent(long offset, long bytes) throws IOException {
        long inside = Math.clamp(size() - offset, 0, bytes);
        return storage == null || inside == 0
                ? new Storage.Extent(Storage.Extent.Kind.ZERO, bytes)
                : storage.extent(offset, inside);
    }

    /// Whether a range is known to be zeros.
    boolean zeros(long offset, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            Storage.Extent found = extent(offset + done, bytes - done);
            if (found.kind() != Storage.Extent.Kind.ZERO) {
                return false;
            }
            done += found.bytes();
        }
        return true;
    }

    void hurry() {
        if (storage != null) {
            storage.hurry();
        }
    }

    void close() {
        if (storage != null) {
            storage.close();
        }
    }

    private static Path path(String name, Qcow2Options options) throws IOException {
        String plain = name.startsWith(FILE_PROTOCOL) ? name.substring(FILE_PROTOCOL.length()) : name;
        if (plain.isEmpty() || (plain.equals(name) && PROTOCOL.matcher(name).matches())) {
            throw new IOException(
                    "image " + options.path() + " has the backing file \"" + name + "\", which is not a file's name");
        }
        try {
            return options.path().resolveSibling(plain);
        } catch (InvalidPathException e) {
            throw new IOException(
                    "image " + options.path() + " has a backing file whose name is not valid here: " + e.getReason(),
                    e);
        }
    }

    private static boolean isQcow2(String format, Qcow2Options options) throws IOException {
        return switch (format) {
            case "qcow2" -> true;
            case "raw" -> false;
            default ->
                throw new IOException("image " + options.path() + " has a backing file of format \"" + format
                        + "\"; only raw and qcow2 are supported");
        };
    }
}
