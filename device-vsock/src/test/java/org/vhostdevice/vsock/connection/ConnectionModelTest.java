package org.vhostdevice.vsock.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.vsock.connection.Connection.Address;
import org.vhostdevice.vsock.connection.Connection.Effect;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

/// Connections with random packets and a random host, compared with a model that counts in full and knows nothing
/// of bits.
@ExtendWith(Seeded.class)
class ConnectionModelTest {
    private static final int STEPS = 300;
    private static final int SPACE = 1024;

    private enum Phase {
        HOST_IS_ASKED,
        GUEST_IS_TO_BE_ASKED,
        GUEST_IS_ASKED,
        GUEST_IS_TO_BE_TOLD,
        OPEN,
        RESET_OWED,
        GONE
    }

    private RandomGenerator random;
    private Connection connection;
    private final PacketHeader sent = new PacketHeader();

    // The model.
    private Phase phase;
    private long guestSpace;
    private long toGuest;
    private long takenByGuest;
    private long fromGuest;
    private long takenByHost;
    private long knownToGuest;
    private boolean guestSends = true;
    private boolean guestTakes = true;
    private boolean hostSends = true;
    private boolean hostTakes = true;
    private boolean endUntold;
    private boolean creditUntold;

    @RepeatedTest(200)
    void connectionsBehaveAsTheModel(RandomGenerator seeded) {
        random = seeded;
        begin();
        for (int i = 0; i < STEPS; i++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> packet();
                case 3 -> host();
                case 4 -> forward();
                case 5 -> data();
                default -> next();
            }
            compare();
        }
    }

    private void begin() {
        if (random.nextBoolean()) {
            guestSpace = random.nextInt(2000);
            connection = Connection.askedByGuest(packet(Operation.REQUEST, 0, 0, 0), SPACE);
            phase = Phase.HOST_IS_ASKED;
        } else {
            connection = Connection.askedByHost(
                    new Address(2, Packets.HOST_PORT, 3, Packets.GUEST_PORT, PacketType.STREAM), SPACE);
            phase = Phase.GUEST_IS_TO_BE_ASKED;
        }
    }

    private PacketHeader packet(int op, int flags, int len, long taken) {
        PacketHeader packet = Packets.of(op, flags, len);
        packet.credit((int) guestSpace, (int) taken);
        return packet;
    }

    /// The guest sends a packet, often one that is right.
    private void packet() {
        int op = random.nextInt(4) == 0 ? random.nextInt(9) : rightOperation();
        int flags = random.nextInt(4);
        int room = (int) (SPACE - (fromGuest - knownToGuest));
        int len = op == Operation.RW ? Math.max(0, random.nextInt(room + 2)) : 0;
        guestSpace = random.nextInt(10) == 0 ? random.nextInt(2000) : guestSpace;
        boolean lies = random.nextInt(30) == 0;
        long taken =
                lies ? toGuest + 1 + random.nextInt(9) : takenByGuest + random.nextLong(toGuest - takenByGuest + 1);
        Effect expected = expect(op, flags, len, lies, taken);
        assertEquals(expected, connection.receive(packet(op, flags, len, taken)), "operation " + op + " in " + phase);
    }

    private int rightOperation() {
        return switch (phase) {
            case GUEST_IS_ASKED -> Operation.RESPONSE;
            case OPEN -> random.nextInt(6) == 0 ? Operation.SHUTDOWN : Operation.RW;
            default -> Operation.CREDIT_UPDATE;
        };
    }

    private Effect expect(int op, int flags, int len, boolean lies, long taken) {
        if (op == Operation.RST) {
            phase = Phase.GONE;
            return Effect.CLOSED;
        }
        if (phase == Phase.RESET_OWED || phase == Phase.GONE) {
            return Effect.NONE;
        }
        if (lies) {
            return violation();
        }
        takenByGuest = taken;
        return switch (op) {
            case Operation.RESPONSE -> phase == Phase.GUEST_IS_ASKED ? granted() : violation();
            case Operation.SHUTDOWN -> phase == Phase.OPEN ? shutdown(flags) : violation();
            case Operation.RW -> phase == Phase.OPEN && guestSends ? received(len) : violation();
            case Operation.CREDIT_UPDATE -> Effect.NONE;
            case Operation.CREDIT_REQUEST -> {
                creditUntold |= phase == Phase.OPEN;
                yield Effect.NONE;
            }
            default -> violation();
        };
    }

    private Effect granted() {
        phase = Phase.OPEN;
        return Effect.GRANTED;
    }

    private Effect shutdown(int flags) {
        guestTakes &= (flags & 1) == 0;
        guestSends &= (flags & 2) == 0;
        return Effect.SHUTDOWN;
    }

    private Effect received(int len) {
        if (fromGuest - knownToGuest + len > SPACE) {
            return violation();
        }
        fromGuest += len;
        if (!hostTakes) {
            takenByHost += len;
        }
        noteRoom();
        return hostTakes && len > 0 ? Effect.DATA : Effect.NONE;
    }

    private Effect violation() {
        phase = phase == Phase.GUEST_IS_TO_BE_ASKED ? Phase.GONE : Phase.RESET_OWED;
        return Effect.CLOSED;
    }

    private void noteRoom() {
        long untold = takenByHost - knownToGuest;
        long known = SPACE - (fromGuest - knownToGuest);
        creditUntold |= untold >= SPACE / 2 || (untold > 0 && known < SPACE / 4);
    }

    private void host() {
        switch (random.nextInt(12)) {
            case 0 -> {
                connection.close();
                if (phase != Phase.RESET_OWED && phase != Phase.GONE) {
                    var _ = violation();
                }
            }
            case 1, 2 -> {
                int flags = 1 + random.nextInt(3);
                connection.hostShutdown(flags);
                if (phase == Phase.OPEN || phase == Phase.GUEST_IS_TO_BE_TOLD) {
                    endUntold |= (hostSends && (flags & 2) != 0) || (hostTakes && (flags & 1) != 0);
                    hostTakes &= (flags & 1) == 0;
                    hostSends &= (flags & 2) == 0;
                }
            }
            default -> {
                connection.connected();
                phase = phase == Phase.HOST_IS_ASKED ? Phase.GUEST_IS_TO_BE_TOLD : phase;
            }
        }
    }

    private void forward() {
        if (phase == Phase.OPEN) {
            int bytes = random.nextInt((int) (fromGuest - takenByHost) + 1);
            connection.forward(bytes);
            takenByHost += bytes;
            noteRoom();
        }
    }

    private void data() {
        long room = Math.max(0, guestSpace - (toGuest - takenByGuest));
        if (phase == Phase.OPEN && connection.wantsData() && room > 0) {
            int bytes = 1 + random.nextInt((int) room);
            connection.sendData(sent, 0, bytes);
            toGuest += bytes;
            told();
        }
    }

    private void told() {
        knownToGuest = takenByHost;
        creditUntold = false;
        assertEquals((int) takenByHost, sent.fwdCnt());
        assertEquals(SPACE, sent.bufAlloc());
    }

    private int expectedNext() {
        return switch (phase) {
            case RESET_OWED -> Operation.RST;
            case GUEST_IS_TO_BE_ASKED -> Operation.REQUEST;
            case GUEST_IS_TO_BE_TOLD -> Operation.RESPONSE;
            case OPEN -> endUntold ? Operation.SHUTDOWN : creditUntold ? Operation.CREDIT_UPDATE : Operation.INVALID;
            default -> Operation.INVALID;
        };
    }

    private void next() {
        int op = expectedNext();
        if (op == Operation.INVALID) {
            return;
        }
        connection.send(sent, op);
        switch (op) {
            case Operation.RST -> phase = Phase.GONE;
            case Operation.REQUEST -> phase = Phase.GUEST_IS_ASKED;
            case Operation.RESPONSE -> phase = Phase.OPEN;
            case Operation.SHUTDOWN -> {
                assertEquals((hostTakes ? 0 : 1) + (hostSends ? 0 : 2), sent.flags());
                endUntold = false;
            }
            default -> {}
        }
        told();
    }

    private void compare() {
        assertEquals(expectedNext(), connection.nextOperation(), phase::name);
        assertEquals(phase == Phase.OPEN, connection.isOpen());
        assertEquals(phase == Phase.RESET_OWED || phase == Phase.GONE, connection.isClosed());
        if (phase == Phase.OPEN) {
            assertEquals(Math.max(0, guestSpace - (toGuest - takenByGuest)), connection.room());
            assertEquals(fromGuest - takenByHost, connection.held());
            assertEquals(guestTakes && hostSends, connection.wantsData());
            assertEquals(!guestSends, connection.guestSendsNoMore());
        }
    }
}
