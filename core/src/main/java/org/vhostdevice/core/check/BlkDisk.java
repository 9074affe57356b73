package org.vhostdevice.core.check;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Requests to a block device that is started, one at a time (VIRTIO 1.4, 5.2.6).
final class BlkDisk {
    private static final int HEADER = 16;
    private static final int SECTOR_AT = 8;

    private final LiveDevice device;
    private final LiveRing ring;

    /// What came out of a request.
    ///
    /// @param status its last byte
    /// @param used   what the ring says
    /// @param request where the bytes lie
    record Answer(int status, Used used, Request request) {
        /// The bytes before the status.
        byte[] data() {
            byte[] answer = request.answer();
            return Arrays.copyOf(answer, answer.length - 1);
        }
    }

    BlkDisk(LiveDevice device) {
        this.device = device;
        ring = device.ring(0);
    }

    /// The first bytes of a request, with data behind them.
    static byte[] question(int type, long sector, byte... data) {
        byte[] bytes = Arrays.copyOf(new byte[HEADER], HEADER + data.length);
        MemorySegment at = MemorySegment.ofArray(bytes);
        at.set(Le.U32, 0, type);
        at.set(Le.U64, SECTOR_AT, sector);
        System.arraycopy(data, 0, bytes, HEADER, data.length);
        return bytes;
    }

    /// One segment of a discard, write zeroes or secure erase request.
    static byte[] segment(long sector, int sectors, int flags) {
        byte[] bytes = new byte[HEADER];
        MemorySegment at = MemorySegment.ofArray(bytes);
        at.set(Le.U64, 0, sector);
        at.set(Le.U32, 8, sectors);
        at.set(Le.U32, 12, flags);
        return bytes;
    }

    /// Does a request.
    ///
    /// @param room    for data that the device writes
    /// @param lengths of the pieces; none means one for what is read, one for what is written
    Answer execute(byte[] question, int room, int... lengths) throws IOException {
        Request request = lengths.length == 0
                ? Request.of(device.memory(), question, room + 1)
                : Request.cut(device.memory(), question, room + 1, lengths);
        int id = ring.submit(request.chain());
        Used used = ring.awaitUsed("a request of type " + question[0]);
        CheckEnded.requireEqual("the used entry names chain", id, used.id());
        request.requireIntact();
        byte[] answer = request.answer();
        return new Answer(answer[room] & 0xff, used, request);
    }

    /// Does a request that must end with a certain status.
    Answer require(int status, String what, byte[] question, int room) throws IOException {
        Answer answer = execute(question, room);
        CheckEnded.requireEqual("status of " + what, status, answer.status());
        return answer;
    }

    byte[] read(long sector, int bytes) throws IOException {
        return require(BlkBits.OK, "a read of sector " + sector, question(BlkBits.IN, sector), bytes)
                .data();
    }

    void write(long sector, byte... data) throws IOException {
        Answer _ = require(BlkBits.OK, "a write of sector " + sector, question(BlkBits.OUT, sector, data), 0);
    }

    void flush() throws IOException {
        Answer _ = require(BlkBits.OK, "a flush", question(BlkBits.FLUSH_REQUEST, 0), 0);
    }
}
