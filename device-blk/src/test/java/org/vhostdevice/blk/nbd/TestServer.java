package org.vhostdevice.blk.nbd;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// An NBD server in this process, on a TCP port of the loopback interface. Tests override what it does.
class TestServer implements Closeable {
    static final int FLUSHES = Nbd.FLAG_HAS_FLAGS | Nbd.FLAG_SEND_FLUSH;
    static final int ALL = FLUSHES | Nbd.FLAG_SEND_TRIM | Nbd.FLAG_SEND_WRITE_ZEROES | Nbd.FLAG_CAN_MULTI_CONN;

    /// What the server says in the handshake.
    static final class Offer {
        int flags = ALL;
        boolean structured = true;
        boolean allocation = true;
        boolean go = true;
        int minBlock = 1;
        int maxPayload = 1 << 25;
        long size = -1;

        @Nullable
        SSLContext tls;

        boolean tlsRequired;
    }

    /// One request.
    record Req(int flags, int type, long cookie, long offset, int length, byte[] data) {}

    final Offer offer = new Offer();
    final byte[] disk;
    final AtomicInteger accepted = new AtomicInteger();
    final List<Req> requests = new CopyOnWriteArrayList<>();

    /// How many bytes each connection may send after the handshake before it is cut; negative for no limit.
    final AtomicLong sendLimit = new AtomicLong(-1);

    volatile boolean needClientCertificate;

    private byte[] durable;
    private final int port;
    private volatile ServerSocket listener;
    private volatile @Nullable Thread acceptor;
    private final List<Socket> connections = new CopyOnWriteArrayList<>();

    TestServer(int bytes) throws IOException {
        disk = new byte[bytes];
        durable = new byte[bytes];
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        port = listener.getLocalPort();
    }

    TestServer start() {
        ServerSocket mine = listener;
        acceptor = Thread.ofPlatform().daemon().name("test-nbd-server").start(() -> accept(mine));
        return this;
    }

    NbdUri uri() {
        return new NbdUri(new NbdUri.Endpoint.Tcp("127.0.0.1", port), "disk", null);
    }

    int port() {
        return port;
    }

    /// Ends the process that it plays: nobody is accepted, nobody is answered.
    void stop() throws IOException {
        listener.close();
        Thread thread = acceptor;
        try {
            if (thread != null) {
                thread.join(); // the port is in use until then
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        cut();
    }

    /// Ends all connections.
    void cut() throws IOException {
        for (Socket socket : connections) {
            socket.close();
        }
        connections.clear();
    }

    /// Ends, and forgets what was not flushed.
    void crash() throws IOException {
        stop();
        synchronized (disk) {
            System.arraycopy(durable, 0, disk, 0, disk.length);
        }
    }

    /// What a crash leaves.
    byte[] durable() {
        synchronized (disk) {
            return durable.clone();
        }
    }

    /// Begins anew after [#stop].
    void restart() throws IOException {
        ServerSocket again = new ServerSocket();
        again.setReuseAddress(true);
        again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        listener = again;
        start();
    }

    @Override
    public void close() throws IOException {
        stop();
    }

    private void accept(ServerSocket from) {
        try {
            while (true) {
                Socket socket = from.accept();
                connections.add(socket);
                int number = accepted.incrementAndGet();
                Thread.ofPlatform().daemon().name("test-nbd-connection").start(() -> serve(socket, number));
            }
        } catch (IOException e) {
            // stopped
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            socket.setTcpNoDelay(true);
            connection(socket, number);
        } catch (IOException e) {
            // the client or the test has ended it
        }
    }

    /// Serves one connection.
    void connection(Socket socket, int number) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        out.writeLong(Nbd.NBDMAGIC);
        out.writeLong(Nbd.IHAVEOPT);
        out.writeShort(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
        in.readInt();
        if (offer.tls != null && option(in, out) == Nbd.OPT_STARTTLS) {
            SSLSocket tls = (SSLSocket) offer.tls.getSocketFactory().createSocket(socket, null, true);
            tls.setUseClientMode(false);
            tls.setNeedClientAuth(needClientCertificate);
            tls.startHandshake();
            in = new DataInputStream(new BufferedInputStream(tls.getInputStream()));
            out = new DataOutputStream(tls.getOutputStream());
        }
        while (true) {
            int option = option(in, out);
            if (option == Nbd.OPT_EXPORT_NAME || (option == Nbd.OPT_GO && offer.go)) {
                break;
            }
        }
        transmit(in, new DataOutputStream(new LimitedOutput(socket, out, sendLimit.get())), number);
    }

    private int option(DataInputStream in, DataOutputStream out) throws IOException {
        if (in.readLong() != Nbd.IHAVEOPT) {
            throw new IOException("the client sends no option");
        }
        int option = in.readInt();
        byte[] data = in.readNBytes(in.readInt());
        answer(option, data, out);
        return option;
    }

    /// Answers one option.
    void answer(int option, byte[] data, DataOutputStream out) throws IOException {

        if (offer.tlsRequired && offer.tls == null && option != Nbd.OPT_STARTTLS) {
            reply(out, option, Nbd.REP_ERR_TLS_REQD, "TLS only".getBytes(StandardCharsets.UTF_8));
            return;
        }
        switch (option) {
            case Nbd.OPT_STARTTLS -> reply(out, option, offer.tls == null ? Nbd.REP_ERR_POLICY : Nbd.REP_ACK);
            case Nbd.OPT_STRUCTURED_REPLY -> reply(out, option, offer.structured ? Nbd.REP_ACK : Nbd.REP_ERR_UNSUP);
            case Nbd.OPT_SET_META_CONTEXT -> {
                if (offer.allocation) {
                    reply(
                            out,
                            option,
                            Nbd.REP_META_CONTEXT,
                            concat(ints(7), Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8)));
                }
                reply(out, option, Nbd.REP_ACK);
            }
            case Nbd.OPT_GO -> go(out);
            case Nbd.OPT_EXPORT_NAME -> {
                out.writeLong(size());
                out.writeShort(offer.flags);
            }
            default -> reply(out, option, Nbd.REP_ERR_UNSUP);
        }
    }

    private void go(DataOutputStream out) throws IOException {
        if (!offer.go) {
            reply(out, Nbd.OPT_GO, Nbd.REP_ERR_UNSUP);
            return;
        }
        byte[] size = concat(ints((int) (size() >>> 32), (int) size()), shorts(offer.flags));
        reply(out, Nbd.OPT_GO, Nbd.REP_INFO, concat(shorts(2), "a disk".getBytes(StandardCharsets.UTF_8)));
        reply(out, Nbd.OPT_GO, Nbd.REP_INFO, concat(shorts(Nbd.INFO_EXPORT), size));
        reply(
                out,
                Nbd.OPT_GO,
                Nbd.REP_INFO,
                concat(shorts(Nbd.INFO_BLOCK_SIZE), ints(offer.minBlock, 4096, offer.maxPayload)));
        reply(out, Nbd.OPT_GO, Nbd.REP_ACK);
    }

    private long size() {
        return offer.size < 0 ? disk.length : offer.size;
    }

    static void reply(DataOutputStream out, int option, int type, byte... data) throws IOException {
        out.write(concat(
                ints((int) (Nbd.OPTION_REPLY_MAGIC >>> 32), (int) Nbd.OPTION_REPLY_MAGIC, option, type, data.length),
                data));
    }

    /// Serves the transmission phase, one request after the other.
    void transmit(DataInputStream in, DataOutputStream out, int connection) throws IOException {
        for (Req request = next(in); request.type != Nbd.CMD_DISC; request = next(in)) {
            handle(request, out, connection);
        }
    }

    static int length(int type, int length) {
        return type == Command.WRITE.number() ? length : 0;
    }

    /// Reads one request.
    Req next(DataInputStream in) throws IOException {
        if (in.readInt() != Nbd.REQUEST_MAGIC) {
            throw new IOException("the client sends no request");
        }
        int flags = in.readUnsignedShort();
        int type = in.readUnsignedShort();
        long cookie = in.readLong();
        long offset = in.readLong();
        int length = in.readInt();
        byte[] data = in.readNBytes(length(type, length));
        if (data.length < length(type, length)) {
            throw new EOFException("the client ends inside a request");
        }
        Req request = new Req(flags, type, cookie, offset, length, data);
        requests.add(request);
        return request;
    }

    /// Does one request and answers it.
    void handle(Req request, DataOutputStream out, int connection) throws IOException {
        out.write(done(request));
    }

    /// Does one request.
    ///
    /// @return the whole answer
    byte[] done(Req r) {
        Command command = Arrays.stream(Command.values())
                .filter(c -> c.number() == r.type)
                .findFirst()
                .orElseThrow();
        synchronized (disk) {
            int at = (int) r.offset;
            switch (command) {
                case READ -> {
                    byte[] data = Arrays.copyOfRange(disk, at, at + r.length);
                    return offer.structured ? read(r, data) : concat(simple(r.cookie, 0), data);
                }
                case WRITE -> System.arraycopy(r.data, 0, disk, at, r.length);
                case WRITE_ZEROES -> Arrays.fill(disk, at, at + r.length, (byte) 0);
                case TRIM -> Arrays.fill(disk, at, at + r.length, (byte) 0x55);
                case FLUSH -> durable = disk.clone();
                case BLOCK_STATUS -> {
                    return status(r);
                }
            }
        }
        return simple(r.cookie, 0);
    }

    private byte[] read(Req r, byte[] data) {
        boolean zero = true;
        for (byte b : data) {
            zero &= b == 0;
        }
        if (zero) {
            return concat(
                    chunk(r.cookie, 0, Nbd.REPLY_TYPE_OFFSET_HOLE, concat(longs(r.offset), ints(r.length))),
                    chunk(r.cookie, Nbd.REPLY_FLAG_DONE, Nbd.REPLY_TYPE_NONE));
        }
        int half = data.length / 2; // the second half first
        byte[] second = concat(longs(r.offset + half), Arrays.copyOfRange(data, half, data.length));
        byte[] first = concat(longs(r.offset), Arrays.copyOf(data, half));
        byte[] last = chunk(r.cookie, Nbd.REPLY_FLAG_DONE, Nbd.REPLY_TYPE_NONE);
        byte[] halves = chunk(r.cookie, 0, Nbd.REPLY_TYPE_OFFSET_DATA, second);
        return half == 0
                ? concat(halves, last)
                : concat(halves, chunk(r.cookie, 0, Nbd.REPLY_TYPE_OFFSET_DATA, first), last);
    }

    private byte[] status(Req r) {
        int at = (int) r.offset;
        int end = at;
        while (end < at + r.length && (disk[end] == 0) == (disk[at] == 0)) {
            end++;
        }
        byte[] payload = ints(7, end - at, disk[at] == 0 ? 3 : 0);
        return chunk(r.cookie, Nbd.REPLY_FLAG_DONE, Nbd.REPLY_TYPE_BLOCK_STATUS, payload);
    }

    static byte[] simple(long cookie, int error) {
        return concat(ints(Nbd.SIMPLE_REPLY_MAGIC, error), longs(cookie));
    }

    static byte[] chunk(long cookie, int flags, int type, byte... payload) {
        return concat(
                ints(Nbd.STRUCTURED_REPLY_MAGIC), shorts(flags, type), longs(cookie), ints(payload.length), payload);
    }

    static byte[] error(long cookie, int number, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return chunk(
                cookie,
                Nbd.REPLY_FLAG_DONE,
                Nbd.REPLY_TYPE_ERROR + 1,
                concat(ints(number), shorts(bytes.length), bytes));
    }

    static byte[] concat(byte[]... parts) {
        byte[] all = new byte[Arrays.stream(parts).mapToInt(p -> p.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    static byte[] longs(long... values) {
        List<byte[]> parts = new ArrayList<>();
        for (long value : values) {
            parts.add(ints((int) (value >>> 32), (int) value));
        }
        return concat(parts.toArray(byte[][]::new));
    }

    static byte[] ints(int... values) {
        byte[] bytes = new byte[values.length * Integer.BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i / 4] >>> (8 * (3 - i % 4)));
        }
        return bytes;
    }

    static byte[] shorts(int... values) {
        byte[] bytes = new byte[values.length * Short.BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i / 2] >>> (8 * (1 - i % 2)));
        }
        return bytes;
    }

    /// Cuts the connection after some bytes.
    private static final class LimitedOutput extends OutputStream {
        private final Socket socket;
        private final OutputStream out;
        private long left;

        LimitedOutput(Socket socket, OutputStream out, long limit) {
            this.socket = socket;
            this.out = out;
            this.left = limit;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            int part = left < 0 ? length : (int) Math.min(left, length);
            out.write(from, offset, part);
            if (left >= 0) {
                left -= part;
            }
            if (part < length) {
                socket.close();
                throw new IOException("cut");
            }
        }
    }
}
