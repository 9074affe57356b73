package org.vhostdevice.blk.nbd;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// The fixed newstyle negotiation of one connection, from the greeting to the transmission phase (NBD, "Handshake
/// phase"). Used by one thread, once.
final class Handshake {
    /// The most bytes of one option reply: a string of the longest length and what stands before it.
    private static final int MAX_REPLY_BYTES = NbdUri.MAX_STRING_BYTES + 64;

    /// The most replies to one option.
    private static final int MAX_REPLIES = 64;

    private static final int DEFAULT_MIN_BLOCK = 1;
    private static final long DEFAULT_MAX_PAYLOAD = 1 << 25;
    private static final int RESERVED_ZEROES = 124;
    private static final int EXPORT_INFO_BYTES = 12;
    private static final int BLOCK_SIZE_INFO_BYTES = 14;

    private final NbdUri uri;
    private final @Nullable SSLContext tls;
    private final Deadline end;
    private Wire wire;
    private Inbound in;
    private boolean zeroes = true;

    /// One reply to an option.
    ///
    /// @param type `NBD_REP_…`
    /// @param data the payload
    private record Reply(int type, ByteBuffer data) {
        boolean isError() {
            return type < 0;
        }
    }

    /// What a handshake leads to.
    ///
    /// @param wire to the server, through TLS if that was asked for
    /// @param in what comes from it
    /// @param export what it serves
    record Result(Wire wire, Inbound in, Export export) {}

    Handshake(Wire wire, NbdUri uri, @Nullable SSLContext tls, Deadline end) {
        this.uri = uri;
        this.tls = tls;
        this.end = end;
        this.wire = wire;
        this.in = inbound(wire);
    }

    /// Negotiates.
    ///
    /// @throws IOException if that fails; the message says why. The wire is of no use then
    Result run() throws IOException {
        greet();
        if (tls != null) {
            startTls(tls);
        }
        Export export = go(replies());
        in.until(Deadline.NEVER);
        return new Result(wire, in, export);
    }

    private Inbound inbound(Wire from) {
        Inbound inbound = new Inbound(from);
        inbound.until(end);
        return inbound;
    }

    private void greet() throws IOException {
        if (in.i64() != Nbd.NBDMAGIC) {
            throw new IOException("it does not speak the NBD protocol: check the host and the port");
        }
        long magic = in.i64();
        if (magic == Nbd.CLISERV_MAGIC) {
            throw new IOException("it speaks the oldstyle protocol, which is not supported: serve a named export,"
                    + " or use a newer server");
        }
        if (magic != Nbd.IHAVEOPT) {
            throw new ProtocolViolation("unknown magic number in the greeting");
        }
        int flags = in.u16();
        if ((flags & Nbd.FLAG_FIXED_NEWSTYLE) == 0) {
            throw new IOException("it does not speak the fixed newstyle protocol: use a newer server");
        }
        zeroes = (flags & Nbd.FLAG_NO_ZEROES) == 0;
        int answer = flags & (Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
        send(ByteBuffer.allocate(Integer.BYTES).putInt(answer).flip());
    }

    private void startTls(SSLContext context) throws IOException {
        Reply reply = simpleOption(Nbd.OPT_STARTTLS);
        if (reply.isError()) {
            throw new IOException(
                    "it offers no TLS (" + describe(reply) + "): let it, or use nbd in place of nbds in the URI");
        }
        if (in.hasBuffered()) {
            throw new ProtocolViolation("bytes that TLS does not protect follow its start");
        }
        NbdUri.Tls settings = uri.tls();
        if (settings == null) {
            throw new IllegalStateException("TLS without settings");
        }
        wire = TlsWire.over(wire, context, settings, end);
        in = inbound(wire);
    }

    private Export.Replies replies() throws IOException {
        Reply structured = simpleOption(Nbd.OPT_STRUCTURED_REPLY);
        if (structured.isError()) {
            refuseIfFinal(structured);
            return Export.Replies.SIMPLE;
        }
        byte[] query = Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8);
        sendOption(Nbd.OPT_SET_META_CONTEXT, data -> {
            string(data, uri.export().getBytes(StandardCharsets.UTF_8));
            data.writeInt(1);
            string(data, query);
        });
        boolean allocation = false;
        int context = 0;
        for (int count = 0; count < MAX_REPLIES; count++) {
            Reply reply = reply(Nbd.OPT_SET_META_CONTEXT);
            if (reply.isError()) {
                refuseIfFinal(reply);
                return new Export.Replies(true, false, 0);
            }
            if (reply.type == Nbd.REP_ACK) {
                return new Export.Replies(true, allocation, context);
            }
            if (allocation || !isContext(reply, query)) {
                throw new ProtocolViolation("a metadata context that was not asked for");
            }
            allocation = true;
            context = reply.data.getInt(0);
        }
        throw new ProtocolViolation("too many replies to an option");
    }

    private static boolean isContext(Reply reply, byte[] name) {
        return reply.type == Nbd.REP_META_CONTEXT
                && reply.data.remaining() > Integer.BYTES
                && reply.data
                        .slice(Integer.BYTES, reply.data.remaining() - Integer.BYTES)
                        .equals(ByteBuffer.wrap(name));
    }

    private Export go(Export.Replies replies) throws IOException {
        sendOption(Nbd.OPT_GO, data -> {
            string(data, uri.export().getBytes(StandardCharsets.UTF_8));
            data.writeShort(1);
            data.writeShort(Nbd.INFO_BLOCK_SIZE);
        });
        ByteBuffer export = null;
        int minBlock = DEFAULT_MIN_BLOCK;
        long maxPayload = DEFAULT_MAX_PAYLOAD;
        for (int count = 0; count < MAX_REPLIES; count++) {
            Reply reply = reply(Nbd.OPT_GO);
            if (reply.type == Nbd.REP_ERR_UNSUP) {
                return exportName(replies);
            }
            if (reply.isError()) {
                throw refusal(reply);
            }
            if (reply.type == Nbd.REP_ACK) {
                if (export == null) {
                    throw new ProtocolViolation("the export is accepted without its size");
                }
                return Export.checked(export.getLong(2), export.getShort(10), minBlock, maxPayload, replies);
            }
            int info = info(reply);
            if (info == Nbd.INFO_EXPORT) {
                export = reply.data;
            } else if (info == Nbd.INFO_BLOCK_SIZE) {
                minBlock = reply.data.getInt(2);
                maxPayload = Integer.toUnsignedLong(reply.data.getInt(10));
            }
        }
        throw new ProtocolViolation("too many replies to an option");
    }

    /// The type of an information whose length has been checked, if it is one that is used.
    private static int info(Reply reply) throws IOException {
        int length = reply.data.remaining();
        if (reply.type != Nbd.REP_INFO || length < Short.BYTES) {
            throw new ProtocolViolation("reply " + Integer.toUnsignedString(reply.type) + " to NBD_OPT_GO");
        }
        int info = Short.toUnsignedInt(reply.data.getShort(0));
        if ((info == Nbd.INFO_EXPORT && length != EXPORT_INFO_BYTES)
                || (info == Nbd.INFO_BLOCK_SIZE && length != BLOCK_SIZE_INFO_BYTES)) {
            throw new ProtocolViolation("information " + info + " of " + length + " bytes");
        }
        return info;
    }

    /// The way into the transmission phase of servers that do not know `NBD_OPT_GO`; a refusal is a closed connection.
    private Export exportName(Export.Replies replies) throws IOException {
        sendOption(Nbd.OPT_EXPORT_NAME, data -> data.write(uri.export().getBytes(StandardCharsets.UTF_8)));
        long bytes = in.i64();
        int flags = in.u16();
        if (zeroes) {
            in.skip(RESERVED_ZEROES);
        }
        return Export.checked(bytes, flags, DEFAULT_MIN_BLOCK, DEFAULT_MAX_PAYLOAD, replies);
    }

    private Reply simpleOption(int option) throws IOException {
        sendOption(option, _ -> {});
        Reply reply = reply(option);
        if (!reply.isError() && reply.type != Nbd.REP_ACK) {
            throw new ProtocolViolation("reply " + reply.type + " to option " + option);
        }
        return reply;
    }

    /// Writes the data of an option.
    @FunctionalInterface
    private interface OptionData {
        void to(DataOutputStream out) throws IOException;
    }

    private void sendOption(int option, OptionData content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            content.to(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes all bytes", e);
        }
        ByteBuffer message = ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + bytes.size());
        send(message.putLong(Nbd.IHAVEOPT)
                .putInt(option)
                .putInt(bytes.size())
                .put(bytes.toByteArray())
                .flip());
    }

    private static void string(DataOutputStream to, byte[] text) throws IOException {
        to.writeInt(text.length);
        to.write(text);
    }

    private void send(ByteBuffer message) throws IOException {
        wire.write(new ByteBuffer[] {message}, end);
    }

    private Reply reply(int option) throws IOException {
        if (in.i64() != Nbd.OPTION_REPLY_MAGIC) {
            throw new ProtocolViolation("wrong magic number in an option reply");
        }
        int to = in.i32();
        int type = in.i32();
        long length = in.u32();
        if (to != option) {
            throw new ProtocolViolation(
                    "reply to option " + Integer.toUnsignedString(to) + " when " + option + " was sent");
        }
        if (length > MAX_REPLY_BYTES) {
            throw new ProtocolViolation("an option reply of " + length + " bytes");
        }
        return new Reply(type, ByteBuffer.wrap(in.bytes((int) length)));
    }

    /// Ends the negotiation on errors that make further options useless.
    private void refuseIfFinal(Reply reply) throws IOException {
        if (reply.type == Nbd.REP_ERR_TLS_REQD || reply.type == Nbd.REP_ERR_SHUTDOWN) {
            throw refusal(reply);
        }
    }

    private IOException refusal(Reply reply) {
        String name = uri.export().isEmpty() ? "a default export" : "the export " + Text.printable(uri.export());
        return new IOException(
                switch (reply.type) {
                    case Nbd.REP_ERR_UNKNOWN -> "it does not have " + name + " (" + describe(reply) + ")";
                    case Nbd.REP_ERR_TLS_REQD ->
                        "it insists on TLS (" + describe(reply) + "): use nbds in place of nbd in the URI";
                    default -> "it refuses the export: " + describe(reply);
                });
    }

    private static String describe(Reply reply) {
        String name = switch (reply.type) {
            case Nbd.REP_ERR_UNSUP -> "NBD_REP_ERR_UNSUP";
            case Nbd.REP_ERR_POLICY -> "NBD_REP_ERR_POLICY";
            case Nbd.REP_ERR_INVALID -> "NBD_REP_ERR_INVALID";
            case Nbd.REP_ERR_PLATFORM -> "NBD_REP_ERR_PLATFORM";
            case Nbd.REP_ERR_TLS_REQD -> "NBD_REP_ERR_TLS_REQD";
            case Nbd.REP_ERR_UNKNOWN -> "NBD_REP_ERR_UNKNOWN";
            case Nbd.REP_ERR_SHUTDOWN -> "NBD_REP_ERR_SHUTDOWN";
            default -> "option error 0x" + Integer.toHexString(reply.type);
        };
        String text = Text.printable(
                StandardCharsets.UTF_8.decode(reply.data.duplicate()).toString());
        return text.isBlank() ? name : name + ": " + text;
    }
}
