package org.vhostdevice.vsock.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;

/// A whole device without its socket, with a guest and a host that do what the input says: every packet comes back,
/// what the guest gets is packets, and nothing is left when the queues stop.
@ExtendWith(Seeded.class)
class GuestFuzzTest {
    private static final int STEPS = 400;
    private static final int BUFFERS = 60;

    private byte[] input;
    private int at;
    private int given;
    private int sent;
    private QueueRig rig;
    private FakeHost host;
    private final List<Integer> callers = new ArrayList<>();

    @FuzzTest
    void whateverComesNothingIsLeft(byte[] bytes) throws Exception {
        run(bytes);
    }

    @RepeatedTest(30)
    void whateverIsDrawnNothingIsLeft(RandomGenerator random) throws Exception {
        byte[] bytes = new byte[4096];
        random.nextBytes(bytes);
        run(bytes);
    }

    private void run(byte[] bytes) throws Exception {
        input = bytes; // fuzzing runs many on one object
        at = 0;
        given = 0;
        sent = 0;
        callers.clear();
        host = new FakeHost(offered -> next() % 3 == 0 ? offered : Math.min(offered, next()));
        rig = new QueueRig(6, host);
        try {
            for (int i = 0; i < STEPS && at < input.length; i++) {
                step();
            }
            assertEquals(sent, rig.sentBack());
            rig.stop();
            assertEquals(0, rig.inFlight());
            rig.queues().reset(false);
            assertEquals(0, rig.queues().pooled());
            assertTrue(host.ends.stream().allMatch(FakeHost.End::isClosed));
        } finally {
            rig.close();
        }
    }

    private int next() {
        return at < input.length ? Byte.toUnsignedInt(input[at++]) : 0;
    }

    private void step() throws Exception {
        switch (next() % 8) {
            case 0, 1, 2 -> packet();
            case 3 -> give();
            case 4 -> raw();
            case 5 -> host.call(next() % 3, next() % 2 == 0 ? SocketType.STREAM : SocketType.SEQPACKET);
            default -> hostActs();
        }
        take();
    }

    /// A packet that often belongs to a connection.
    private void packet() throws Exception {
        PacketHeader packet = new PacketHeader();
        int hostPort = callers.isEmpty() || next() % 2 == 0 ? 78 + next() % 4 : callers.get(next() % callers.size());
        packet.address(next() == 7 ? 99 : QueueRig.CID, next() % 3, next() == 7 ? 9 : 2, hostPort, 1 + next() % 2);
        int size = next() * (next() % 8 == 0 ? 16 : 1);
        int len = next() == 9 ? size + 1 : size;
        packet.content(next() % 9, next() % 4, len);
        packet.credit(next() == 5 ? -1 : next() * 16, next() % 4 == 0 ? next() : 0);
        rig.send(packet, new byte[size], 1 + next() * 2);
        sent++;
    }

    private void raw() throws Exception {
        int bytes = 1 + next() % 64;
        byte[] packet = Arrays.copyOfRange(input, at, at + bytes);
        at += bytes;
        rig.send(packet, 64);
        sent++;
    }

    private void give() {
        if (given < BUFFERS) {
            int size = next();
            rig.give(1 + size, 1 + next() * 2);
            given++;
        }
    }

    private void hostActs() throws Exception {
        if (!host.ends.isEmpty()) {
            FakeHost.End end = host.ends.get(next() % host.ends.size());
            switch (next() % 8) {
                case 0 -> end.end();
                case 1 -> end.breakDown();
                default -> end.offer(next() * 8);
            }
            end.tell();
        }
        rig.serve();
    }

    private void take() {
        for (var next = rig.poll(); next != null; next = rig.poll()) {
            given--;
            PacketHeader header = next.header();
            assertTrue(
                    header.op() >= Operation.REQUEST && header.op() <= Operation.CREDIT_REQUEST, "op " + header.op());
            if (header.op() == Operation.REQUEST) {
                callers.add(header.srcPort());
            }
        }
        given = Math.max(0, given);
    }
}
