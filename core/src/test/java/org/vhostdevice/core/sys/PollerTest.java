package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class PollerTest {
    static boolean hasEpoll() {
        return Symbol.EPOLL_CREATE1.isUsable();
    }

    static boolean hasIoUring() {
        try (Poller _ = new UringPoller()) {
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    @Nested
    class ChosenTest extends PollerContract {
        @Override
        Poller create() throws IOException {
            return Poller.create();
        }
    }

    @Nested
    class PollPollerTest extends PollerContract {
        @Override
        Poller create() {
            return new PollPoller();
        }
    }

    @Nested
    @EnabledIf("org.vhostdevice.core.sys.PollerTest#hasEpoll")
    class CoarseEpollPollerTest extends PollerContract {
        @Override
        Poller create() throws IOException {
            return new EpollPoller(false);
        }
    }

    @Nested
    @EnabledIf("org.vhostdevice.core.sys.PollerTest#hasEpoll")
    class EpollPollerTest extends PollerContract {
        @Override
        Poller create() throws IOException {
            return new EpollPoller();
        }

        @Test
        void regularFileCannotBeWatched() throws IOException {
            try (Poller poller = create();
                    OwnedFd directory = FileIo.open(Path.of("/"), OpenMode.READ_ONLY)) {
                ErrnoException e =
                        assertThrows(ErrnoException.class, () -> poller.add(directory.number(), Poller.READ, "token"));
                assertEquals("EPOLL_CTL_ADD: Operation not permitted (EPERM)", e.getMessage());
            }
        }
    }

    @Nested
    @EnabledIf("org.vhostdevice.core.sys.PollerTest#hasIoUring")
    class UringPollerTest extends PollerContract {
        @Override
        Poller create() throws IOException {
            return new UringPoller();
        }
    }

    @Nested
    @EnabledOnOs({OS.MAC, OS.FREEBSD})
    class KqueuePollerTest extends PollerContract {
        @Override
        Poller create() throws IOException {
            return new KqueuePoller();
        }
    }
}
