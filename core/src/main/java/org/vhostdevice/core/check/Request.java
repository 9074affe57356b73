package org.vhostdevice.core.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.frontend.FrontendMemory;

/// A request placed in guest memory in pieces, with guard bytes around each.
final class Request {
    private static final byte GUARD = (byte) 0xa5;
    private static final byte UNWRITTEN = (byte) 0xee;
    private static final int SUSPICIOUS = 8;
    private static final int GAP = 64;
    private static final int WHOLE = Integer.MAX_VALUE;

    private final List<Descriptor> chain = new ArrayList<>();
    private final List<MemorySegment> readable = new ArrayList<>();
    private final List<MemorySegment> writable = new ArrayList<>();
    private final List<MemorySegment> gaps = new ArrayList<>();
    private final byte[] question;
    private final Place place;

    /// Where pieces are allocated.
    private record Place(FrontendMemory memory, int region) {}

    /// Places a request.
    ///
    /// @param question what the device reads
    /// @param answer   room that it has
    /// @param lengths  bytes of the pieces, used in turn, for either part anew
    private Request(Place place, byte[] question, int answer, int... lengths) {
        this.place = place;
        this.question = question.clone();
        int at = 0;
        for (int i = 0; at < question.length; i++) {
            int n = Math.min(lengths[i % lengths.length], question.length - at);
            MemorySegment piece = piece(n, 0);
            MemorySegment.copy(question, at, piece, JAVA_BYTE, 0, n);
            readable.add(piece);
            at += n;
        }
        at = 0;
        for (int i = 0; at < answer; i++) {
            int n = Math.min(lengths[i % lengths.length], answer - at);
            MemorySegment piece = piece(n, Bits.WRITE);
            piece.fill(UNWRITTEN);
            writable.add(piece);
            at += n;
        }
    }

    private MemorySegment piece(int length, int flags) {
        FrontendMemory memory = place.memory();
        long address = memory.allocateIn(place.region(), length + 2L * GAP, 1) + GAP;
        gaps.add(memory.slice(address - GAP, GAP).fill(GUARD));
        gaps.add(memory.slice(address + length, GAP).fill(GUARD));
        chain.add(new Descriptor(address, length, flags));
        return memory.slice(address, length);
    }

    /// A request with one piece for each part.
    static Request of(FrontendMemory memory, byte[] question, int answer) {
        return new Request(new Place(memory, 0), question, answer, WHOLE);
    }

    /// A request cut into pieces.
    static Request cut(FrontendMemory memory, byte[] question, int answer, int... lengths) {
        return new Request(new Place(memory, 0), question, answer, lengths);
    }

    /// The harmless request of a type of device.
    static Request of(LiveDevice device, DeviceProbe probe) {
        return of(device.memory(), probe.request(), probe.answerBytes());
    }

    /// The harmless request of a type of device, in a certain region of memory.
    static Request of(LiveDevice device, DeviceProbe probe, int region) {
        return new Request(new Place(device.memory(), region), probe.request(), probe.answerBytes(), WHOLE);
    }

    List<Descriptor> chain() {
        return List.copyOf(chain);
    }

    /// The bytes of all writable pieces.
    byte[] answer() {
        var all = new ByteArrayOutputStream();
        writable.forEach(piece -> all.writeBytes(piece.toArray(JAVA_BYTE)));
        return all.toByteArray();
    }

    /// Whether not one byte of the answer was written.
    boolean untouched() {
        for (byte one : answer()) {
            if (one != UNWRITTEN) {
                return false;
            }
        }
        return true;
    }

    /// Fails if the device says that it wrote more than it did. What it may have written without a change is believed,
    /// if fewer than so many bytes in a row look unwritten.
    void requireLength(Used used) {
        byte[] answer = answer();
        CheckEnded.require(
                used.length() <= answer.length,
                "a used length of at most " + answer.length,
                String.valueOf(used.length()));
        int run = 0;
        for (int i = 0; i < used.length(); i++) {
            run = answer[i] == UNWRITTEN ? run + 1 : 0;
            CheckEnded.require(
                    run < SUSPICIOUS,
                    "the first " + used.length() + " bytes are written, as the used length says",
                    "byte " + (i - run + 1) + " and those behind it are not");
        }
    }

    /// Fails if the device wrote where it must not: to readable pieces, or around pieces.
    void requireIntact() {
        var all = new ByteArrayOutputStream();
        readable.forEach(piece -> all.writeBytes(piece.toArray(JAVA_BYTE)));
        CheckEnded.require(
                Arrays.equals(question, all.toByteArray()),
                "device-readable buffers stay as they are",
                "the device wrote to them");
        for (MemorySegment gap : gaps) {
            for (byte one : gap.toArray(JAVA_BYTE)) {
                CheckEnded.require(one == GUARD, "memory around the buffers stays as it is", "the device wrote there");
            }
        }
    }
}
