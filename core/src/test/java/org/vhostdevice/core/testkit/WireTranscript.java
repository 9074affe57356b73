package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.MessageHeader;

/// A recorded exchange, kept as text: each message is a line with its meaning and a line with its bytes.
///
/// ```
/// SET_VRING_NUM VringState[index=0, value=128] fds=0
///     080000000100000008000000 0000000080000000
/// ```
///
/// @param entries the messages in the order in which they were sent
public record WireTranscript(List<Entry> entries) {

    /// One message.
    ///
    /// @param meaning     name and decoded payload
    /// @param descriptors how many came along
    /// @param bytes       header and payload
    public record Entry(String meaning, int descriptors, Bytes bytes) {
        /// {@return the payload}
        public byte[] payload() {
            return Arrays.copyOfRange(bytes.toArray(), MessageHeader.BYTES, bytes.length());
        }

        @Override
        public String toString() {
            return meaning + " fds=" + descriptors;
        }
    }

    /// Reads a transcript.
    ///
    /// @param owner    class next to which the resource lies
    /// @param resource its name
    /// @return the transcript
    /// @throws IOException if there is no such resource
    public static WireTranscript read(Class<?> owner, String resource) throws IOException {
        try (InputStream in = owner.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no resource " + resource + " next to " + owner);
            }
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < lines.size(); i += 2) {
                entries.add(entry(lines.get(i), lines.get(i + 1)));
            }
            return new WireTranscript(List.copyOf(entries));
        }
    }

    private static Entry entry(String text, String hex) {
        int mark = text.lastIndexOf(" fds=");
        return new Entry(
                text.substring(0, mark),
                Integer.parseInt(text.substring(mark + " fds=".length())),
                Bytes.of(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }
}
