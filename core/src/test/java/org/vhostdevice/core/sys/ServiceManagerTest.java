package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.sys.ServiceManager.PassedSocket;
import org.vhostdevice.core.testkit.NotifySocket;

@DisplayName("sd_listen_fds(3), sd_notify(3)")
class ServiceManagerTest {
    private static Map<String, String> listen(String fds) {
        return Map.of("LISTEN_PID", String.valueOf(ProcessHandle.current().pid()), "LISTEN_FDS", fds);
    }

    @Test
    void socketsHaveNumbersFromThreeOnAndNames() throws IOException {
        assertEquals(
                List.of(new PassedSocket(3, "unknown"), new PassedSocket(4, "unknown")),
                ServiceManager.sockets(listen("2")));
        Map<String, String> named = new HashMap<>(listen("2"));
        named.put("LISTEN_FDNAMES", "a:");
        assertEquals(List.of(new PassedSocket(3, "a"), new PassedSocket(4, "")), ServiceManager.sockets(named));
    }

    @Test
    void socketsOfAnotherProcessAreNotTaken() throws IOException {
        assertEquals(List.of(), ServiceManager.sockets(Map.of()));
        assertEquals(List.of(), ServiceManager.sockets(Map.of("LISTEN_FDS", "1")));
        assertEquals(List.of(), ServiceManager.sockets(Map.of("LISTEN_FDS", "1", "LISTEN_PID", "1")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "x", "2147483647"})
    void numberOfSocketsIsChecked(String fds) {
        IOException failure = assertThrows(IOException.class, () -> ServiceManager.sockets(listen(fds)));
        assertEquals("LISTEN_FDS=" + fds + " is no number of 0 to 10000", failure.getMessage());
    }

    @Test
    void eachSocketHasAName() {
        Map<String, String> named = new HashMap<>(listen("2"));
        named.put("LISTEN_FDNAMES", "a");
        assertThrows(IOException.class, () -> ServiceManager.sockets(named));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void stateIsToldOnceToAPathOrAName(boolean file, @TempDir Path folder) {
        assumeTrue(HostOs.current() == HostOs.LINUX, "the addresses of this test are those of Linux");
        Path path = folder.resolve("notify");
        try (NotifySocket socket = new NotifySocket(file ? path.toString() : "@" + path);
                ServiceManager manager = ServiceManager.connect(Map.of("NOTIFY_SOCKET", socket.address()))) {
            manager.tell(ServiceManager.READY);
            manager.tell(ServiceManager.READY);
            manager.tell(ServiceManager.STOPPING);
            assertEquals("READY=1", socket.receive());
            assertEquals("STOPPING=1", socket.receive());
        }
    }

    @Test
    void nobodyIsToldWithoutAManagerOrWhenItHasGone(@TempDir Path folder) {
        for (Map<String, String> variables : List.<Map<String, String>>of(
                Map.of(),
                Map.of("NOTIFY_SOCKET", ""),
                Map.of("NOTIFY_SOCKET", "vsock:2:1"),
                Map.of("NOTIFY_SOCKET", "@" + "x".repeat(200)),
                Map.of("NOTIFY_SOCKET", folder.resolve("none").toString()))) {
            try (ServiceManager manager = ServiceManager.connect(variables)) {
                assertEquals(-1, manager.number());
                manager.tell(ServiceManager.READY);
            }
        }
        assumeTrue(HostOs.current() == HostOs.LINUX, "the addresses of this test are those of Linux");
        NotifySocket socket = new NotifySocket("@" + folder);
        try (ServiceManager manager = ServiceManager.connect(Map.of("NOTIFY_SOCKET", socket.address()))) {
            socket.close();
            manager.tell(ServiceManager.READY);
        }
    }
}
