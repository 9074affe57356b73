package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
@Timeout(60)
class TlsTest {
    private static final int BYTES = 1 << 20;
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path directory;

    private static SSLContext server;

    @BeforeAll
    static void makeCertificates() throws Exception {
        server = context(pki(directory, "RSA"));
    }

    /// Makes a key whose certificate signs itself, with the JDK's tool, and writes it as PEM files.
    static KeyStore pki(Path directory, String algorithm) throws Exception {
        Path store = directory.resolve("server.p12");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair"));
        command.addAll(List.of("-keystore", store.toString(), "-storepass", new String(PASSWORD)));
        command.addAll(List.of("-alias", "server", "-keyalg", algorithm, "-dname", "CN=server.example"));
        command.addAll(List.of("-ext", "san=dns:server.example,ip:127.0.0.1", "-ext", "bc:c"));
        if (algorithm.equals("RSA")) {
            command.addAll(List.of("-keysize", "2048")); // is made quickly
        }
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, keytool.waitFor(), output);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        Certificate certificate = keys.getCertificate("server");
        pem(directory.resolve("ca-cert.pem"), "CERTIFICATE", certificate.getEncoded());
        return keys;
    }

    static void pem(Path file, String kind, byte[] der) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(
                file,
                "X.509 information, as tools write it\n-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind
                        + "-----\n");
    }

    private static SSLContext context(KeyStore keys) throws Exception {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("client", keys.getCertificate("server"));
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static TestServer tlsServer() throws Exception {
        TestServer tls = new TestServer(BYTES);
        tls.offer.tls = server;
        tls.offer.tlsRequired = true;
        return tls;
    }

    private static NbdUri uri(TestServer at, Path certificates, String host, boolean verify) {
        return new NbdUri(at.uri().endpoint(), "disk", new NbdUri.Tls(certificates, host, verify));
    }

    @ParameterizedTest
    @ValueSource(strings = {"server.example", "127.0.0.1"})
    void bytesGoThroughTls(String host, RandomGenerator random) throws Exception {
        try (TestServer tls = tlsServer();
                NbdStorage storage = NbdStorage.open(uri(tls.start(), directory, host, true), NbdOptions.DEFAULT)) {
            byte[] data = NbdStorageTest.bytes(random, 200_001);
            NbdStorageTest.write(storage, 77, data);
            storage.flush();
            assertArrayEquals(data, NbdStorageTest.read(storage, 77, data.length));
            assertArrayEquals(data, Arrays.copyOfRange(tls.disk, 77, 77 + data.length));
            tls.cut();
            assertArrayEquals(data, NbdStorageTest.read(storage, 77, data.length));
        }
    }

    @Test
    void serversThatAreNotTrustedAreRefused() throws Exception {
        try (TestServer tls = tlsServer()) {
            NbdUri otherName = uri(tls.start(), directory, "other.example", true);
            IOException name = assertThrows(IOException.class, () -> NbdStorage.open(otherName, NbdOptions.DEFAULT));
            assertTrue(name.getMessage().contains("TLS: "), name.getMessage());
            NbdUri byJava = uri(tls, null, "server.example", true);
            IOException trust = assertThrows(IOException.class, () -> NbdStorage.open(byJava, NbdOptions.DEFAULT));
            assertTrue(trust.getMessage().contains("TLS: "), trust.getMessage());
            NbdUri anybody = uri(tls, null, null, false);
            NbdStorage.open(anybody, NbdOptions.DEFAULT).close();
        }
    }

    @Test
    void withoutTlsAServerThatInsistsOnItSaysWhatToDo() throws Exception {
        try (TestServer tls = tlsServer()) {
            tls.offer.tls = null;
            IOException e = assertThrows(
                    IOException.class, () -> NbdStorage.open(tls.start().uri(), NbdOptions.DEFAULT));
            assertTrue(e.getMessage().contains("insists on TLS"), e.getMessage());
        }
    }

    @Test
    void bytesBehindTheStartOfTlsAreNotTakenForProtected() throws Exception {
        try (TestServer tls = new TestServer(BYTES) {
            @Override
            void answer(int option, byte[] data, DataOutputStream out) throws IOException {
                byte[] ack = concat(longs(Nbd.OPTION_REPLY_MAGIC), ints(option, Nbd.REP_ACK, 0));
                out.write(concat(ack, ack));
            }
        }) {
            NbdUri uri = uri(tls.start(), directory, "server.example", true);
            IOException e = assertThrows(
                    IOException.class, () -> NbdStorage.open(uri, NbdOptions.DEFAULT, Duration.ofSeconds(10)));
            assertTrue(e.getMessage().contains("does not protect"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "PKCS1"})
    void clientsShowTheirCertificate(String kind, @TempDir Path pki) throws Exception {
        KeyStore keys = pki(pki, kind.equals("EC") ? "EC" : "RSA");
        Key key = keys.getKey("server", PASSWORD);
        Files.copy(pki.resolve("ca-cert.pem"), pki.resolve("client-cert.pem"));
        byte[] der = key.getEncoded();
        if (kind.equals("PKCS1")) {
            pem(pki.resolve("client-key.pem"), "RSA PRIVATE KEY", Arrays.copyOfRange(der, 26, der.length));
        } else {
            pem(pki.resolve("client-key.pem"), "PRIVATE KEY", der);
        }
        SSLContext demanding = context(keys);
        try (TestServer tls = tlsServer()) {
            tls.offer.tls = demanding;
            tls.needClientCertificate = true;
            NbdStorage.open(uri(tls.start(), pki, "server.example", true), NbdOptions.DEFAULT)
                    .close();
            Files.delete(pki.resolve("client-cert.pem"));
            NbdUri without = uri(tls, pki, "server.example", true);
            assertThrows(IOException.class, () -> NbdStorage.open(without, NbdOptions.DEFAULT));
        }
    }

    @Test
    void filesThatAreWrongAreNamed(@TempDir Path pki) throws Exception {
        NbdUri.Tls settings = new NbdUri.Tls(pki, "h", true);
        assertFails(settings, "ca-cert.pem does not exist");
        Files.writeString(pki.resolve("ca-cert.pem"), "nothing");
        assertFails(settings, "holds no certificate");
        Files.writeString(pki.resolve("ca-cert.pem"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----");
        assertFails(settings, "holds no certificate that can be read");
        Files.copy(directory.resolve("ca-cert.pem"), pki.resolve("client-cert.pem"));
        assertFails(settings, "client-key.pem does not exist");
        Files.writeString(pki.resolve("client-key.pem"), "-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END ");
        assertFails(settings, "openssl pkcs8");
        Files.writeString(pki.resolve("client-key.pem"), "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END ");
        assertFails(settings, "does not hold the private key");
        Files.write(pki.resolve("client-key.pem"), new byte[(1 << 20) + 1]);
        assertFails(settings, "too large");
    }

    private static void assertFails(NbdUri.Tls settings, String expected) {
        String message =
                assertThrows(IOException.class, () -> TlsFiles.load(settings)).getMessage();
        assertTrue(message.contains(expected), message);
    }
}
