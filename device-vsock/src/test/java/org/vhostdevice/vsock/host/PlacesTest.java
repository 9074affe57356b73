package org.vhostdevice.vsock.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlacesTest {
    @ParameterizedTest
    @CsvSource({
        "guest:80=tcp:127.0.0.1:8080, 80, 127.0.0.1:8080",
        "guest:4294967294=tcp:[::1]:1, -2, 0:0:0:0:0:0:0:1:1",
        "guest:0=tcp:localhost:65535, 0, 127.0.0.1:65535"
    })
    void portIsForwarded(String text, int port, String address) throws IOException {
        Forward forward = Forward.parse(text);
        assertEquals(port, forward.port());
        assertEquals(address, forward.address().toString());
    }

    @Test
    void placeLeadsToAPort() throws IOException {
        Entrance entrance = Entrance.parse("tcp:127.0.0.1:2222=guest:22");
        assertEquals(22, entrance.port());
        assertEquals("127.0.0.1:2222", entrance.address().toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "guest:80",
                "80=tcp:localhost:80",
                "guest:=tcp:localhost:80",
                "guest:-1=tcp:localhost:80",
                "guest:4294967295=tcp:localhost:80",
                "guest:99999999999=tcp:localhost:80",
                "guest:80=localhost:80",
                "guest:80=tcp:localhost",
                "guest:80=tcp::80",
                "guest:80=tcp:localhost:65536",
                "guest:80=tcp:::1:80",
                "guest:80=udp:localhost:80",
                "tcp:localhost:80=guest:80"
            })
    void otherTextsAreRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Forward.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp:127.0.0.1:2222", "guest:22=tcp:127.0.0.1:2222", "tcp:127.0.0.1:2222=22"})
    void otherEntrancesAreRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Entrance.parse(text));
    }

    @Test
    void nameThatNobodyHasIsSaid() {
        assertThrows(
                IOException.class,
                () -> Forward.parse("guest:80=tcp:no-such-host.invalid:80").address());
    }
}
