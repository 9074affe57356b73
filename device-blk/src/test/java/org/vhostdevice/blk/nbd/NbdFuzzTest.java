package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Arbitrary bytes of a server: the client ends with an exception for input and output, never with another, and every
/// request has an answer or is an orphan.
class NbdFuzzTest {
    private static final NbdUri URI = new NbdUri(new NbdUri.Endpoint.Tcp("h", 1), "disk", null);
    private static final Export EXPORT = new Export(1 << 20, 1, 1, 1 << 20, new Export.Replies(true, true, 1));

    @FuzzTest
    void handshake(byte[] input) {
        try {
            Handshake.Result result = new Handshake(new MemoryWire(input), URI, null, Deadline.NEVER).run();
            Export export = result.export();
            assertTrue(export.bytes() > 0 && export.minBlock() > 0 && export.maxPayload() >= export.minBlock());
            transmit(result);
        } catch (IOException e) {
            // a reason to end the connection
        }
    }

    /// The first byte says whether structured replies were negotiated.
    @FuzzTest
    void transmission(byte[] input) throws Exception {
        boolean simple = input.length > 0 && (input[0] & 1) != 0;
        Export export = simple ? new Export(1 << 20, 1, 1, 1 << 20, Export.Replies.SIMPLE) : EXPORT;
        MemoryWire wire = new MemoryWire(input);
        Inbound in = new Inbound(wire);
        if (input.length > 0) {
            in.skip(1);
        }
        transmit(new Handshake.Result(wire, in, export));
    }

    private static void transmit(Handshake.Result handshake) throws IOException {
        Connection connection = new Connection(handshake, new FlushBook(NbdOptions.Unflushed.FAIL));
        List<Request> requests = new ArrayList<>();
        for (Command command : Command.values()) {
            Request request = new Request();
            request.prepare(command, 0, command == Command.FLUSH ? 0 : 4096, command == Command.FLUSH ? 0 : 600);
            assertTrue(connection.submit(request, Deadline.NEVER));
            requests.add(request);
        }
        assertThrows(IOException.class, connection::serve);
        for (Request request : requests) {
            assertTrue(request.await(Deadline.NEVER) != Request.State.OPEN);
            assertTrue(request.errorKind() == null || request.error().length() < 1000);
        }
    }
}
