package org.vhostdevice.vsock.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.vsock.connection.Connection.Address;
import org.vhostdevice.vsock.connection.Connection.Effect;
import org.vhostdevice.vsock.packet.Operation;
import org.vhostdevice.vsock.packet.PacketHeader;
import org.vhostdevice.vsock.packet.PacketType;

@DisplayName("VIRTIO 1.4, 5.10.6.5")
class ConnectionTest {
    private static final int SPACE = 4096;

    private final PacketHeader sent = new PacketHeader();

    private Connection open() {
        Connection connection = Connection.askedByGuest(Packets.of(Operation.REQUEST, 0, 0), SPACE);
        connection.connected();
        assertNext(connection, Operation.RESPONSE);
        assertTrue(connection.isOpen());
        return connection;
    }

    private static Connection asked() {
        return Connection.askedByHost(new Address(2, 80, 3, 5000, PacketType.STREAM), SPACE);
    }

    private void assertNext(Connection connection, int op) {
        assertEquals(op, connection.nextOperation());
        if (op != Operation.INVALID) {
            connection.send(sent, op);
            assertEquals(op, sent.op());
            assertEquals(80, sent.srcPort());
            assertEquals(5000, sent.dstPort());
            assertEquals(2, sent.srcCid());
            assertEquals(3, sent.dstCid());
            assertEquals(SPACE, sent.bufAlloc());
        }
    }

    private void assertReset(Connection connection) {
        assertTrue(connection.isClosed());
        assertNext(connection, Operation.RST);
        assertNext(connection, Operation.INVALID);
    }

    @Test
    void requestIsAnsweredOnceTheHostHasGranted() {
        Connection connection = Connection.askedByGuest(Packets.of(Operation.REQUEST, 0, 0), SPACE);
        assertTrue(connection.awaitsHost());
        assertNext(connection, Operation.INVALID);
        connection.connected();
        assertFalse(connection.isOpen(), "the guest does not know yet");
        assertNext(connection, Operation.RESPONSE);
        assertTrue(connection.isOpen());
        assertEquals(Packets.SPACE, connection.room());
    }

    @Test
    @DisplayName("V1: a request that the host refuses is answered by RST")
    void refusedRequestIsReset() {
        Connection connection = Connection.askedByGuest(Packets.of(Operation.REQUEST, 0, 0), SPACE);
        connection.close();
        assertReset(connection);
    }

    @Test
    void hostAsksAndTheGuestGrants() {
        Connection connection = asked();
        assertEquals(Effect.CLOSED, asked().receive(Packets.of(Operation.RESPONSE, 0, 0)), "nobody has asked");
        assertNext(connection, Operation.REQUEST);
        assertTrue(connection.awaitsGuest());
        assertEquals(Effect.GRANTED, connection.receive(Packets.of(Operation.RESPONSE, 0, 0)));
        assertTrue(connection.isOpen());
    }

    @Test
    void guestThatNeverHeardOfAConnectionIsNotTold() {
        Connection connection = asked();
        connection.close();
        assertNext(connection, Operation.INVALID);
    }

    @Test
    void resetIsNeverAnswered() {
        Connection connection = open();
        assertEquals(Effect.CLOSED, connection.receive(Packets.of(Operation.RST, 0, 0)));
        connection.close();
        assertNext(connection, Operation.INVALID);
        Connection owing = open();
        owing.close();
        assertEquals(Effect.CLOSED, owing.receive(Packets.of(Operation.RST, 0, 0)));
        assertNext(owing, Operation.INVALID);
    }

    @ParameterizedTest
    @ValueSource(ints = {Operation.INVALID, Operation.REQUEST, Operation.RESPONSE, 8, 0xffff})
    void operationThatMakesNoSenseResets(int op) {
        Connection connection = open();
        assertEquals(Effect.CLOSED, connection.receive(Packets.of(op, 0, 0)));
        assertReset(connection);
    }

    @ParameterizedTest
    @ValueSource(ints = {Operation.RW, Operation.SHUTDOWN, Operation.RESPONSE, Operation.REQUEST})
    void nothingElseComesBeforeTheAnswer(int op) {
        Connection connection = Connection.askedByGuest(Packets.of(Operation.REQUEST, 0, 0), SPACE);
        assertEquals(Effect.CLOSED, connection.receive(Packets.of(op, 0, 0)));
        assertReset(connection);
        Connection granted = Connection.askedByGuest(Packets.of(Operation.REQUEST, 0, 0), SPACE);
        granted.connected();
        assertEquals(Effect.CLOSED, granted.receive(Packets.of(op, 0, 0)));
        assertReset(granted);
    }

    @Test
    void whatComesWhileAResetIsOwedIsIgnored() {
        Connection connection = open();
        connection.close();
        assertEquals(Effect.NONE, connection.receive(Packets.of(Operation.RW, 0, 5)));
        assertEquals(Effect.NONE, connection.receive(Packets.of(Operation.REQUEST, 0, 0)));
        assertReset(connection);
    }

    @Test
    void dataIsForTheHostUntilTheGuestSendsNoMore() {
        Connection connection = open();
        assertEquals(Effect.DATA, connection.receive(Packets.of(Operation.RW, 0, 5)));
        assertEquals(Effect.NONE, connection.receive(Packets.of(Operation.RW, 0, 0)), "no data at all");
        assertEquals(Effect.SHUTDOWN, connection.receive(Packets.of(Operation.SHUTDOWN, 2, 0)));
        assertTrue(connection.guestSendsNoMore() && !connection.guestReceivesNoMore());
        assertTrue(connection.wantsData());
        assertEquals(Effect.CLOSED, connection.receive(Packets.of(Operation.RW, 0, 1)));
        assertReset(connection);
    }

    @Test
    void shutdownsAddUp() {
        Connection connection = open();
        assertEquals(Effect.SHUTDOWN, connection.receive(Packets.of(Operation.SHUTDOWN, 1, 0)));
        assertFalse(connection.wantsData());
        assertEquals(Effect.SHUTDOWN, connection.receive(Packets.of(Operation.SHUTDOWN, 2, 0)));
        assertTrue(connection.guestSendsNoMore() && connection.guestReceivesNoMore());
    }

    @Test
    @DisplayName("V5: the end of the host's data ends one direction only")
    void endOfTheHostsDataEndsOneDirection() {
        Connection connection = open();
        connection.hostShutdown(Operation.SHUTDOWN_SEND);
        connection.hostShutdown(Operation.SHUTDOWN_SEND);
        assertNext(connection, Operation.SHUTDOWN);
        assertEquals(Operation.SHUTDOWN_SEND, sent.flags());
        assertNext(connection, Operation.INVALID);
        assertEquals(Effect.DATA, connection.receive(Packets.of(Operation.RW, 0, 5)));
        connection.hostShutdown(Operation.SHUTDOWN_RCV);
        assertTrue(connection.hostHasEnded());
        assertNext(connection, Operation.SHUTDOWN);
        assertEquals(Operation.SHUTDOWN_BOTH, sent.flags());
    }

    @Test
    void dataThatWasUnderWayWhenTheHostTookNoMoreIsDropped() {
        Connection connection = open();
        connection.hostShutdown(Operation.SHUTDOWN_RCV);
        assertEquals(Effect.NONE, connection.receive(Packets.of(Operation.RW, 0, 5)));
        assertEquals(0, connection.held());
    }

    @Test
    void creditRequestIsAnswered() {
        Connection connection = open();
        assertEquals(Effect.NONE, connection.receive(Packets.of(Operation.CREDIT_REQUEST, 0, 0)));
        assertNext(connection, Operation.CREDIT_UPDATE);
        assertNext(connection, Operation.INVALID);
    }

    @Test
    void anyPacketTellsTheCreditAndSavesTheUpdate() {
        Connection connection = open();
        assertEquals(Effect.DATA, connection.receive(Packets.of(Operation.RW, 0, SPACE)));
        connection.forward(SPACE);
        assertEquals(Operation.CREDIT_UPDATE, connection.nextOperation());
        connection.sendData(sent, 0, 10);
        assertEquals(SPACE, sent.fwdCnt());
        assertEquals(Operation.RW, sent.op());
        assertEquals(10, sent.len());
        assertNext(connection, Operation.INVALID);
        assertEquals(Packets.SPACE - 10, connection.room());
    }

    @Test
    void guestWithoutRoomIsAskedOnce() {
        Connection connection = open();
        connection.sendData(sent, 0, Packets.SPACE);
        connection.lackRoom();
        assertNext(connection, Operation.CREDIT_REQUEST);
        connection.lackRoom();
        assertNext(connection, Operation.INVALID);
        assertEquals(Effect.NONE, connection.receive(Packets.of(Operation.CREDIT_UPDATE, 0, 0, Packets.SPACE)));
        assertEquals(Packets.SPACE, connection.room());
    }

    @Test
    @DisplayName("hostile credit: more taken than was sent")
    void impossibleCreditResets() {
        Connection connection = open();
        assertEquals(Effect.CLOSED, connection.receive(Packets.of(Operation.CREDIT_UPDATE, 0, 0, 1)));
        assertReset(connection);
        assertTrue(Connection.askedByGuest(Packets.of(Operation.REQUEST, 0, 0, 1), SPACE)
                .isClosed());
    }

    @Test
    @DisplayName("hostile credit: more data than there was room for")
    void tooMuchDataResets() {
        Connection connection = open();
        assertEquals(Effect.CLOSED, connection.receive(Packets.of(Operation.RW, 0, SPACE + 1)));
        assertReset(connection);
    }
}
