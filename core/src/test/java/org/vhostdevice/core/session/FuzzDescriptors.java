package org.vhostdevice.core.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.sys.UnixSocket;

/// Descriptors of many kinds that a front end may pass. They are closed together.
final class FuzzDescriptors implements AutoCloseable {
    private static final long[] SIZES = {0, 1, 100, 4096, 4097, 1 << 16};

    private final Path file;
    private final List<Runnable> opened = new ArrayList<>();
    private final List<OwnedFd> writeEnds = new ArrayList<>();

    /// @param file a regular file, which is not changed
    FuzzDescriptors(Path file) {
        this.file = file;
    }

    OwnedFd any(Choices choices) throws IOException {
        return switch (choices.below(7)) {
            case 0, 1 -> notification();
            case 2 -> pipe(choices);
            case 3, 4 -> memory(choices);
            case 5 -> keep(FileIo.open(file, OpenMode.READ_WRITE));
            default -> socket();
        };
    }

    /// What can be kicked by [#kickAll].
    OwnedFd notification() throws IOException {
        Notification notification = Notification.create();
        opened.add(notification::close);
        writeEnds.add(notification.writeEnd());
        return notification.readEnd();
    }

    private OwnedFd pipe(Choices choices) throws IOException {
        Notification pipe = Notification.create(Notification.Kind.PIPE);
        opened.add(pipe::close);
        return choices.oneIn(2) ? pipe.readEnd() : pipe.writeEnd();
    }

    OwnedFd memory(Choices choices) throws IOException {
        SharedMemory memory = SharedMemory.create("fuzz", Math.max(1, choices.of(SIZES)));
        opened.add(memory::close);
        return memory.fd();
    }

    OwnedFd socket() throws IOException {
        List<OwnedFd> pair = UnixSocket.pair();
        opened.add(pair.get(1)::close);
        return keep(pair.get(0));
    }

    void kickAll() throws IOException {
        for (OwnedFd end : writeEnds) {
            try (EventNotifier notifier = EventNotifier.adopt(end.duplicate())) {
                notifier.signal();
            }
        }
    }

    private OwnedFd keep(OwnedFd fd) {
        opened.add(fd::close);
        return fd;
    }

    static Path emptyFile() throws IOException {
        return Files.createTempFile("vhost", "fuzz");
    }

    @Override
    public void close() {
        opened.forEach(Runnable::run);
    }
}
