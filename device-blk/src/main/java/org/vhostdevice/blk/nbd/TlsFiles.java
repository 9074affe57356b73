package org.vhostdevice.blk.nbd;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// Makes the keys and the trust of TLS from a directory of PEM files, with the names that other NBD clients use.
final class TlsFiles {
    private static final String CA_CERT = "ca-cert.pem";
    private static final String CLIENT_CERT = "client-cert.pem";
    private static final String CLIENT_KEY = "client-key.pem";
    private static final long MAX_FILE_BYTES = 1 << 20;

    private static final Pattern PEM_KEY =
            Pattern.compile("-----BEGIN ((?:RSA |EC |ENCRYPTED )?)PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END ");

    /// `SEQUENCE { INTEGER 0, SEQUENCE { OID rsaEncryption, NULL }, OCTET STRING { … } }`, the shell of PKCS #8 (RFC
    /// 5208) around an RSA key of PKCS #1, between its lengths.
    private static final byte[] RSA_ALGORITHM = {
        2, 1, 0, 0x30, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
    };

    /// DER: lengths from here on are counted bytes, and the bit that says so.
    private static final int LONG_LENGTH = 0x80;

    private TlsFiles() {}

    /// Reads the files.
    ///
    /// @throws IOException if they are not as they should be; the message names the file and what to do
    static SSLContext load(NbdUri.Tls settings) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(settings.certificates()), trust(settings), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static TrustManager @Nullable [] trust(NbdUri.Tls settings) throws IOException, GeneralSecurityException {
        if (!settings.verifyPeer()) {
            return new TrustManager[] {new TrustAnybody()};
        }
        Path directory = settings.certificates();
        if (directory == null) {
            return null; // the authorities that Java trusts
        }
        KeyStore store = emptyStore();
        int number = 0;
        for (Certificate certificate : certificates(directory.resolve(CA_CERT))) {
            store.setCertificateEntry("ca-" + number++, certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyManager @Nullable [] keys(@Nullable Path directory) throws IOException, GeneralSecurityException {
        if (directory == null || !Files.exists(directory.resolve(CLIENT_CERT))) {
            return null;
        }
        Certificate[] chain = certificates(directory.resolve(CLIENT_CERT)).toArray(Certificate[]::new);
        PrivateKey key = key(directory.resolve(CLIENT_KEY), chain[0]);
        KeyStore store = emptyStore();
        store.setKeyEntry("client", key, new char[0], chain);
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException {
        // Text before a certificate, as certtool writes it, is no fault; the factory would take it for one.
        String text = read(file);
        int begin = text.indexOf("-----BEGIN CERTIFICATE-----");
        try {
            Collection<? extends Certificate> all = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(
                            text.substring(Math.max(begin, 0)).getBytes(StandardCharsets.ISO_8859_1)));
            if (begin < 0 || all.isEmpty()) {
                throw new IOException(file + " holds no certificate: write it in PEM format");
            }
            return all;
        } catch (CertificateException e) {
            throw new IOException(file + " holds no certificate that can be read: " + e.getMessage(), e);
        }
    }

    private static PrivateKey key(Path file, Certificate certificate) throws IOException {
        Matcher pem = PEM_KEY.matcher(read(file));
        if (!pem.find() || pem.group(1).startsWith("EC") || pem.group(1).startsWith("ENC")) {
            throw new IOException(file + " holds no private key that can be used: convert it with"
                    + " openssl pkcs8 -topk8 -nocrypt -in KEY -out " + CLIENT_KEY);
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(pem.group(2));
            byte[] pkcs8 = pem.group(1).isEmpty() ? der : wrap(der);
            return KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
                    .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " does not hold the private key of " + CLIENT_CERT + ": " + e.getMessage(), e);
        }
    }

    /// An RSA key of PKCS #1 in the shell of PKCS #8.
    private static byte[] wrap(byte[] pkcs1) {
        byte[] octets = der(4, pkcs1);
        return der(
                0x30,
                ByteBuffer.allocate(RSA_ALGORITHM.length + octets.length)
                        .put(RSA_ALGORITHM)
                        .put(octets)
                        .array());
    }

    /// A value of DER: tag, length in as few bytes as hold it, content.
    private static byte[] der(int tag, byte[] content) {
        byte[] length = BigInteger.valueOf(content.length).toByteArray();
        boolean sign = length.length > 1 && length[0] == 0;
        ByteBuffer out = ByteBuffer.allocate(2 + length.length + content.length).put((byte) tag);
        if (content.length >= LONG_LENGTH) {
            int from = sign ? 1 : 0;
            out.put((byte) (LONG_LENGTH | length.length - from)).put(length, from, length.length - from);
        } else {
            out.put(length);
        }
        return Arrays.copyOf(out.put(content).array(), out.position());
    }

    private static String read(Path file) throws IOException {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new IOException(file + " is too large for a PEM file");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist: tls-certificates names the directory with " + CA_CERT, e);
        }
    }

    /// Lets any server pass: `tls-verify-peer=0`.
    private static final class TrustAnybody extends X509ExtendedTrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw noServer();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw noServer();
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw noServer();
        }

        private static CertificateException noServer() {
            return new CertificateException("there are no clients here");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
