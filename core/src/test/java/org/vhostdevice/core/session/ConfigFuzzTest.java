package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.ProtocolException;

/// Any payloads of GET_CONFIG and SET_CONFIG against a model of the configuration space.
///
/// Input: a byte with the size of the space and which half of it the driver may write; then messages, each a byte with
/// the kind and a byte with the length of the payload, which follows.
class ConfigFuzzTest {
    private static final int MAX_MESSAGES = 16;

    @FuzzTest
    void access(byte[] input) {
        if (input.length == 0) {
            return;
        }
        var space = new Space(input[0] & 0x3f);
        var access = new ConfigAccess(space);
        int at = 1;
        for (int i = 0; i < MAX_MESSAGES && at + 2 <= input.length; i++) {
            boolean set = (input[at] & 1) != 0;
            int length = Math.min(input[at + 1] & 0xff, input.length - at - 2);
            byte[] payload = Arrays.copyOfRange(input, at + 2, at + 2 + length);
            at += 2 + length;
            try {
                FrontendRequest request = set ? FrontendRequest.SET_CONFIG : FrontendRequest.GET_CONFIG;
                var message = (Message.Config) MessageCodec.decode(request, MemorySegment.ofArray(payload));
                if (set) {
                    set(access, space, message);
                } else {
                    get(access, space, message);
                }
            } catch (ProtocolException e) {
                assertFalse(e.fatal());
            }
        }
    }

    private static void get(ConfigAccess access, Space space, Message.Config asked) {
        Message.Config reply = access.get(asked);
        assertEquals(asked.offset(), reply.offset());
        assertEquals(asked.flags(), reply.flags());
        byte[] bytes = reply.bytes().toArray();
        assertEquals(asked.bytes().length(), bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            long place = asked.offset() + i;
            assertEquals(place < space.bytes.length ? space.bytes[(int) place] : 0, bytes[i]);
        }
    }

    private static void set(ConfigAccess access, Space space, Message.Config written) throws ProtocolException {
        byte[] before = space.bytes.clone();
        byte[] value = written.bytes().toArray();
        try {
            access.set(written);
        } catch (ProtocolException e) {
            assertArrayEquals(before, space.bytes);
            throw e;
        }
        assertTrue(written.flags() == 0 || written.flags() == 1);
        System.arraycopy(value, 0, before, (int) written.offset(), value.length);
        assertArrayEquals(before, space.bytes);
    }

    /// The driver may write its first half.
    private static final class Space implements ConfigSpace {
        private final byte[] bytes;

        Space(int size) {
            bytes = new byte[size];
            for (int i = 0; i < size; i++) {
                bytes[i] = (byte) (i + 1);
            }
        }

        @Override
        public byte[] bytes() {
            return bytes.clone();
        }

        @Override
        public boolean write(int offset, byte[] value, boolean migration) {
            if (!migration && offset + value.length > bytes.length / 2) {
                return false;
            }
            System.arraycopy(value, 0, bytes, offset, value.length);
            return true;
        }
    }
}
