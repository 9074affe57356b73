package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class HandshakeTest {
    private static final int BYTES = 1 << 16;

    /// A server that says some bytes first and then what the normal one would, one answer of which can be another.
    private static class OddServer extends TestServer {
        OddServer() throws IOException {
            super(BYTES);
        }

        /// What the connection begins with; null for the usual.
        byte @Nullable [] greeting() {
            return null;
        }

        @Override
        void connection(Socket socket, int number) throws IOException {
            byte[] greeting = greeting();
            if (greeting == null) {
                super.connection(socket, number);
                return;
            }
            socket.getOutputStream().write(greeting);
            long _ = socket.getInputStream().skip(Long.MAX_VALUE);
        }
    }

    private static String refusal(TestServer server) throws Exception {
        return refusal(server, server.uri());
    }

    private static String refusal(TestServer server, NbdUri uri) throws Exception {
        try (server) {
            server.start();
            String message = assertThrows(IOException.class, () -> NbdStorage.open(uri, NbdOptions.DEFAULT))
                    .getMessage();
            assertTrue(message.startsWith("NBD export disk of 127.0.0.1:"), message);
            assertEquals(0, NbdStorageTest.lanes());
            return message;
        }
    }

    private static void assertRefused(String expected, String message) {
        assertTrue(message.contains(expected), message);
    }

    private static OddServer greeting(byte[] bytes) throws IOException {
        return new OddServer() {
            @Override
            byte[] greeting() {
                return bytes;
            }
        };
    }

    @Test
    void otherServersAreRefused() throws Exception {
        assertRefused(
                "does not speak the NBD protocol",
                refusal(greeting("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.UTF_8))));
        byte[] odd = TestServer.longs(Nbd.NBDMAGIC, 1);
        assertRefused("unknown magic number", refusal(greeting(odd)));
    }

    @Test
    void oldstyleServersAreRefused() throws Exception {
        byte[] oldstyle = TestServer.concat(TestServer.longs(Nbd.NBDMAGIC, Nbd.CLISERV_MAGIC, BYTES), new byte[128]);
        assertRefused("oldstyle", refusal(greeting(oldstyle)));
        byte[] newstyle = TestServer.concat(TestServer.longs(Nbd.NBDMAGIC, Nbd.IHAVEOPT), TestServer.shorts(0));
        assertRefused("fixed newstyle", refusal(greeting(newstyle)));
    }

    @Test
    void aServerThatSaysNothingIsLeft() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (TestServer server = new OddServer() {
            @Override
            void connection(Socket socket, int number) throws IOException {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }) {
            server.start();
            NbdUri uri = server.uri();
            Duration time = Duration.ofMillis(200);
            IOException e = assertThrows(IOException.class, () -> NbdStorage.open(uri, NbdOptions.DEFAULT, time));
            assertRefused("silent for too long", e.getMessage());
            end.countDown();
        }
    }

    @Test
    void aServerThatFloodsIsLeft() throws Exception {
        try (TestServer server = new OddServer() {
            @Override
            void answer(int option, byte[] data, DataOutputStream out) throws IOException {
                while (true) {
                    out.write(1);
                    out.flush();
                }
            }
        }) {
            assertRefused("wrong magic number", refusal(server));
        }
    }

    @Test
    void withoutServerThereIsNoExport() throws Exception {
        TestServer server = new TestServer(BYTES);
        server.start();
        NbdUri uri = server.uri();
        server.close();
        assertThrows(IOException.class, () -> NbdStorage.open(uri, NbdOptions.DEFAULT));
        NbdUri nowhere = NbdUri.parse("nbd+unix:///x?socket=/nonexistent/sock");
        assertThrows(IOException.class, () -> NbdStorage.open(nowhere, NbdOptions.DEFAULT));
        NbdUri tooLong = NbdUri.parse("nbd+unix:///x?socket=/" + "x".repeat(200));
        assertThrows(IOException.class, () -> NbdStorage.open(tooLong, NbdOptions.DEFAULT));
        NbdUri unknown = NbdUri.parse("nbd://does-not-exist.invalid/x");
        IOException e = assertThrows(IOException.class, () -> NbdStorage.open(unknown, NbdOptions.DEFAULT));
        assertRefused("is not known", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4096, 'minimum block size of 0'",
        "3, 4096, 'minimum block size of 3'",
        "131072, 1048576, 'minimum block size of 131072'",
        "-2147483648, -1, 'minimum block size'",
        "4096, 512, 'maximum payload of 512'",
        "1, 100, 'maximum payload of 100'",
    })
    void sizesThatMakeNoSenseAreRefused(int minBlock, int maxPayload, String expected) throws Exception {
        TestServer server = new TestServer(BYTES);
        server.offer.minBlock = minBlock;
        server.offer.maxPayload = maxPayload;
        assertRefused(expected, refusal(server));
    }

    @Test
    void emptyExportsAreRefused() throws Exception {
        TestServer server = new TestServer(BYTES);
        server.offer.size = 100;
        server.offer.minBlock = 512;
        assertRefused("is empty", refusal(server));
    }

    @Test
    void exportsOfMoreThan2To63BytesAreRefused() throws Exception {
        try (TestServer server = new OddServer() {
            @Override
            void answer(int option, byte[] data, DataOutputStream out) throws IOException {
                byte[] info = concat(shorts(0), longs(-1), shorts(1));
                reply(out, option, Nbd.REP_INFO, info);
                reply(out, option, Nbd.REP_ACK);
            }
        }) {
            server.offer.flags = 0;
            assertRefused("reply 3 to option 8", refusal(server));
        }
        TestServer flags = new TestServer(BYTES);
        flags.offer.flags = 0;
        assertRefused("no flags", refusal(flags));
    }

    private static OddServer answering(int odd, int type, byte[] data, int times) throws IOException {
        return new OddServer() {
            @Override
            void answer(int option, byte[] sent, DataOutputStream out) throws IOException {
                for (int i = 0; option == odd && i < times; i++) {
                    reply(out, option, type, data);
                }
                if (option != odd || times > 1) {
                    super.answer(option, sent, out);
                }
            }
        };
    }

    @ParameterizedTest
    @CsvSource({
        "7, 2147483654, 'does not have the export disk (NBD_REP_ERR_UNKNOWN: hello?)'",
        "7, 2147483653, 'use nbds in place of nbd'",
        "7, 2147483650, 'NBD_REP_ERR_POLICY'",
        "7, 2147483651, 'NBD_REP_ERR_INVALID'",
        "7, 2147483652, 'NBD_REP_ERR_PLATFORM'",
        "7, 2147483655, 'NBD_REP_ERR_SHUTDOWN'",
        "7, 2147483999, 'option error 0x8000015f'",
        "8, 2147483653, 'use nbds in place of nbd'",
        "8, 2147483655, 'NBD_REP_ERR_SHUTDOWN'",
        "10, 2147483655, 'NBD_REP_ERR_SHUTDOWN'",
        "7, 1, 'accepted without its size'",
        "7, 2, 'reply 2 to NBD_OPT_GO'",
        "10, 3, 'not asked for'",
    })
    void answersThatEndTheNegotiation(int option, long type, String expected) throws Exception {
        byte[] text = type == 1 ? new byte[0] : "hello\u0007".getBytes(StandardCharsets.UTF_8);
        assertRefused(expected, refusal(answering(option, (int) type, text, 1)));
    }

    @Test
    void hostileAnswersAreRefused() throws Exception {
        byte[] info = TestServer.shorts(9);
        assertRefused("too many replies", refusal(answering(Nbd.OPT_GO, Nbd.REP_INFO, info, 1000)));
        byte[] shortInfo = TestServer.shorts(Nbd.INFO_EXPORT, 1);
        assertRefused("information 0 of 4 bytes", refusal(answering(Nbd.OPT_GO, Nbd.REP_INFO, shortInfo, 1)));
        byte[] shortSizes = TestServer.shorts(Nbd.INFO_BLOCK_SIZE, 1);
        assertRefused("information 3 of 4 bytes", refusal(answering(Nbd.OPT_GO, Nbd.REP_INFO, shortSizes, 1)));
        byte[] large = new byte[100_000];
        assertRefused("100000 bytes", refusal(answering(Nbd.OPT_GO, Nbd.REP_INFO, large, 1)));
        byte[] context = TestServer.concat(TestServer.ints(1), Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8));
        assertRefused("not asked for", refusal(answering(Nbd.OPT_SET_META_CONTEXT, Nbd.REP_META_CONTEXT, context, 2)));
        assertRefused("reply to option 6", refusal(new OddServer() {
            @Override
            void answer(int option, byte[] data, DataOutputStream out) throws IOException {
                reply(out, 6, Nbd.REP_ACK);
            }
        }));
    }

    @Test
    void contextsThatAreRefusedAreDoneWithout() throws Exception {
        try (TestServer server = answering(Nbd.OPT_SET_META_CONTEXT, Nbd.REP_ERR_UNKNOWN, new byte[0], 1);
                NbdStorage storage = NbdStorage.open(server.start().uri(), NbdOptions.DEFAULT)) {
            assertEquals(BYTES, storage.extent(0, BYTES).bytes());
            assertTrue(server.requests.isEmpty());
        }
    }

    @Test
    void serversWithoutGoAreAskedByName() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.offer.go = false;
            server.offer.structured = false;
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), NbdOptions.DEFAULT)) {
                assertEquals(BYTES, storage.size());
                NbdStorageTest.write(storage, 0, new byte[] {9});
                assertEquals(9, NbdStorageTest.read(storage, 0, 1)[0]);
            }
        }
    }

    @Test
    void tlsThatIsAskedForIsNotDoneWithout() throws Exception {
        TestServer server = new TestServer(BYTES);
        NbdUri uri = new NbdUri(server.uri().endpoint(), "disk", new NbdUri.Tls(null, "localhost", true));
        assertRefused("offers no TLS (NBD_REP_ERR_POLICY)", refusal(server, uri));
    }
}
