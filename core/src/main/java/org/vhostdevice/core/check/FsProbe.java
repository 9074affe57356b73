package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Starts a FUSE session (FUSE_INIT), as often as it is sent.
final class FsProbe implements DeviceProbe {
    private static final int OUT_HEADER = 16;
    private static final int IN_BYTES = 40 + 64;
    private static final int ANSWER_BYTES = OUT_HEADER + 64;
    private static final int INIT = 26;
    private static final int MAJOR = 7;
    private static final int MINOR = 38;
    private static final long UNIQUE = 0x5eed;

    @Override
    public int rings() {
        return 2;
    }

    @Override
    public int queue() {
        return 1;
    }

    @Override
    public byte[] request() {
        byte[] bytes = new byte[IN_BYTES];
        MemorySegment at = MemorySegment.ofArray(bytes);
        at.set(Le.U32, 0, IN_BYTES);
        at.set(Le.U32, 4, INIT);
        at.set(Le.U64, 8, UNIQUE);
        at.set(Le.U32, 40, MAJOR);
        at.set(Le.U32, 44, MINOR);
        at.set(Le.U32, 48, 1 << 16);
        return bytes;
    }

    @Override
    public int answerBytes() {
        return ANSWER_BYTES;
    }

    @Override
    public int leastAnswer() {
        return OUT_HEADER;
    }

    @Override
    public Optional<String> fault(byte[] answer) {
        MemorySegment at = MemorySegment.ofArray(answer);
        int error = at.get(Le.U32, 4);
        if (at.get(Le.U64, 8) != UNIQUE || error != 0) {
            return Optional.of("FUSE_INIT is answered with error " + error + " for request " + at.get(Le.U64, 8));
        }
        return Optional.empty();
    }
}
