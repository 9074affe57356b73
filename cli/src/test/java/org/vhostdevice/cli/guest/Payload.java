package org.vhostdevice.cli.guest;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/// The bytes that a guest writes. They are random, so that a block in the wrong place changes a checksum, and known to
/// the host, so that no checksum of the guest has to be trusted.
final class Payload {
    private final byte[] bytes;

    /// @param random where the bytes come from
    /// @param size in bytes
    Payload(RandomGenerator random, int size) {
        bytes = new byte[size];
        random.nextBytes(bytes);
    }

    byte[] bytes() {
        return bytes.clone();
    }

    /// SHA-256 in hexadecimal of the bytes from `start` on, followed by those before it.
    String sumFrom(int start) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, start, bytes.length - start);
            digest.update(bytes, 0, start);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
