package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.LongUnaryOperator;
import org.vhostdevice.core.check.Relay.Message;
import org.vhostdevice.core.check.Relay.State;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.FileStatus;

/// What a relay between a front end and a good back end does to make it a bad one.
enum RelayFault {
    /// Nothing.
    NONE,
    /// Answers have one flag more.
    REPLY_FLAGS {
        @Override
        void reply(State state, Message reply) {
            reply.header(reply.request(), reply.flags() | MessageHeader.NEED_REPLY);
        }
    },
    /// Answers to requests with need_reply have it too.
    ECHOED_FLAGS {
        @Override
        void reply(State state, Message reply) {
            reply.header(reply.request(), reply.flags() | (state.last().needReply() ? MessageHeader.NEED_REPLY : 0));
        }
    },
    /// Every acknowledgement says failure.
    ALL_FAILS {
        @Override
        void reply(State state, Message reply) {
            if (state.isAcknowledgement(reply)) {
                reply.number(7);
            }
        }
    },
    /// Every acknowledgement says success, even where the back end hangs up.
    ALL_SUCCEEDS {
        @Override
        void reply(State state, Message reply) {
            if (state.isAcknowledgement(reply)) {
                reply.number(0);
            }
        }

        @Override
        boolean hidesTheEnd() {
            return true;
        }
    },
    /// Everything is answered twice.
    TWICE {
        @Override
        void reply(State state, Message reply) {
            reply.repeat();
        }
    },
    /// Everything is acknowledged, whether it was asked for or not.
    ALWAYS_ACKNOWLEDGED {
        @Override
        void request(State state, Message request) {
            if (!request.of().hasOwnReply()) {
                request.header(request.request(), request.flags() | MessageHeader.NEED_REPLY);
                state.answerHere(request, 0);
            }
        }
    },
    /// A message has to come in one piece.
    ONE_PIECE {
        @Override
        boolean endsOnPieces() {
            return true;
        }
    },
    /// Versions and reply flags are overlooked.
    ANY_FLAGS {
        @Override
        void request(State state, Message request) {
            request.header(request.request(), MessageHeader.VERSION | (request.flags() & MessageHeader.NEED_REPLY));
        }
    },
    /// Offers features of nobody.
    ODD_FEATURES {
        @Override
        boolean spoilsFacts() {
            return true;
        }

        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.GET_FEATURES) {
                reply.number(reply.number() | 1L << 49 | 1L << 37);
            } else if (reply.of() == FrontendRequest.GET_PROTOCOL_FEATURES) {
                reply.number(reply.number() | 1L << 40);
            }
        }
    },
    /// Offers less than what belongs together.
    HALF_FEATURES {
        @Override
        boolean spoilsFacts() {
            return true;
        }

        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.GET_FEATURES) {
                reply.number(reply.number() & ~Bits.VERSION_1);
            } else if (reply.of() == FrontendRequest.GET_PROTOCOL_FEATURES) {
                reply.number((reply.number() & ~ProtocolFeature.bits(ProtocolFeature.BACKEND_REQ, ProtocolFeature.MQ))
                        | ProtocolFeature.BACKEND_SEND_FD.mask());
            }
        }
    },
    /// Has no queues.
    NO_QUEUES {
        @Override
        boolean spoilsFacts() {
            return true;
        }

        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.GET_QUEUE_NUM) {
                reply.number(0);
            }
        }
    },
    /// Accepts any status.
    FEATURES_ALWAYS_OK {
        @Override
        void request(State state, Message request) {
            changeFeatures(request, features -> features & (Bits.VERSION_1 | Bits.PROTOCOL_FEATURES));
        }
    },
    /// Ends the connection at features that it offered.
    ALL_OR_NOTHING {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_FEATURES && (request.number() & Bits.EVENT_IDX) == 0) {
                state.hangUp();
            }
        }
    },
    /// Answers one byte less of the configuration.
    SHORT_CONFIG {
        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.GET_CONFIG) {
                reply.shorten(1);
            }
        }
    },
    /// Reads the configuration from its start, always.
    NO_OFFSET {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.GET_CONFIG) {
                state.kept(request.half(0));
                request.half(0, 0);
            }
        }

        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.GET_CONFIG) {
                reply.half(0, (int) state.kept());
            }
        }
    },
    /// Does not answer odd questions about the configuration.
    CONFIG_SILENCE {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.GET_CONFIG && request.half(4) > 128) {
                request.drop();
            }
        }
    },
    /// Has no configuration before the features are set.
    LATE_CONFIG {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.GET_CONFIG && !state.seen(FrontendRequest.SET_FEATURES)) {
                state.hangUp();
            }
        }
    },
    /// Keeps whatever is written to the configuration.
    WRITABLE_CONFIG {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_CONFIG) {
                state.writeConfig();
                request.drop();
            }
        }

        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.GET_CONFIG && state.configWritten()) {
                Arrays.fill(reply.bytes(), MessageHeader.BYTES + 12, reply.bytes().length, (byte) -1);
            }
        }
    },
    /// Takes one region of memory and no more.
    ONE_REGION {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.ADD_MEM_REG && state.count(FrontendRequest.ADD_MEM_REG) > 1) {
                state.refuse(request);
            } else if (request.of() == FrontendRequest.SET_MEM_TABLE && request.half(0) > 1) {
                request.half(0, 1);
                request.cutTo(8 + 32, 1);
            }
        }
    },
    /// Keeps every descriptor that it gets.
    KEEPS_DESCRIPTORS {
        @Override
        void request(State state, Message request) {
            state.keepDescriptors(request);
        }
    },
    /// Takes guest addresses for user addresses.
    USER_ADDRESSES {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_PROTOCOL_FEATURES) {
                request.number(request.number() & ~ProtocolFeature.GPA_ADDRESSES.mask());
            }
        }
    },
    /// Serves one front end and no more.
    ONE_SHOT {
        @Override
        boolean servesOneOnly() {
            return true;
        }
    },
    /// Ends the connection with one front end when another one comes.
    JEALOUS {
        @Override
        boolean endsOnSecond() {
            return true;
        }
    },
    /// Does not stop rings.
    NEVER_STOPS {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.GET_VRING_BASE) {
                state.answerHere(request, request.number());
                request.drop();
            }
        }
    },
    /// Does not disable rings.
    NEVER_DISABLES {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_ENABLE && request.half(4) == 0) {
                request.half(4, 1);
            }
        }
    },
    /// Does not start rings.
    NEVER_STARTS {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_KICK) {
                state.acknowledgeHere(request);
            }
        }
    },
    /// Waits for SET_VRING_ENABLE in any case.
    NEEDS_ENABLE {
        @Override
        void request(State state, Message request) {
            changeFeatures(request, features -> features | Bits.PROTOCOL_FEATURES);
        }
    },
    /// Says nothing once a ring was stopped.
    MUTE_WHEN_STOPPED {
        @Override
        void request(State state, Message request) {
            if (state.seen(FrontendRequest.GET_VRING_BASE) && request.of() == FrontendRequest.GET_FEATURES) {
                request.drop();
            }
        }
    },
    /// Knows no pipes.
    NO_PIPES {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_KICK && request.carries(FileStatus.Kind.PIPE)) {
                state.hangUp();
            }
        }
    },
    /// Knows nothing but pipes.
    PIPES_ONLY {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_KICK && request.carries(FileStatus.Kind.ANONYMOUS)) {
                state.hangUp();
            }
        }
    },
    /// Starts every ring at 0.
    BASE_0 {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_BASE) {
                request.half(4, state.packed() ? 0x8000_8000 : 0);
            }
        }
    },
    /// Never calls.
    NO_CALLS {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_CALL) {
                state.acknowledgeHere(request);
            }
        }
    },
    /// Calls all the time.
    NOISY {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_CALL) {
                state.addNoise(request);
            }
        }
    },
    /// Keeps the call descriptor of the first time.
    FIRST_CALL {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_CALL && state.count(request.of()) > 1) {
                state.acknowledgeHere(request);
            }
        }
    },
    /// Does not poll.
    NO_POLLING {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_KICK && (request.number() & 1 << 8) != 0) {
                state.refuse(request);
            }
        }
    },
    /// Sets DRIVER_OK by itself.
    HASTY {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_STATUS && (request.number() & Bits.FEATURES_OK) != 0) {
                request.number(request.number() | Bits.DRIVER_OK);
            }
        }
    },
    /// Ignores resets.
    NEVER_RESETS {
        @Override
        void request(State state, Message request) {
            boolean byStatus = request.of() == FrontendRequest.SET_STATUS && request.number() == 0;
            if (byStatus || request.of() == FrontendRequest.RESET_DEVICE) {
                state.acknowledgeHere(request);
            }
        }
    },
    /// Fails after a reset.
    RESETS_ONCE {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_NUM && state.seen(FrontendRequest.RESET_DEVICE)) {
                state.refuse(request);
            }
        }
    },
    /// Keeps the first size of a ring, and only knows powers of two of at most 64.
    FIXED_SIZE {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_VRING_NUM) {
                int size = state.first(request.half(4));
                request.half(4, Math.min(64, Integer.highestOneBit(size)));
            }
        }
    },
    /// Uses the event index always.
    ALWAYS_EVENTS {
        @Override
        void request(State state, Message request) {
            changeFeatures(request, features -> features | Bits.EVENT_IDX);
        }
    },
    /// Uses the event index never.
    NEVER_EVENTS {
        @Override
        void request(State state, Message request) {
            changeFeatures(request, features -> features & ~Bits.EVENT_IDX);
        }
    },
    /// Knows no indirect tables, though it offers them.
    NO_TABLES {
        @Override
        void request(State state, Message request) {
            changeFeatures(request, features -> features & ~Bits.INDIRECT_DESC);
        }
    },
    /// Never logs.
    NO_LOG {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_FEATURES) {
                request.number(request.number() & ~Bits.LOG_ALL);
            } else if (request.of() == FrontendRequest.SET_VRING_ADDR) {
                request.half(4, 0);
            }
        }
    },
    /// Logs always.
    ALWAYS_LOGS {
        @Override
        void request(State state, Message request) {
            changeFeatures(request, features -> features | Bits.LOG_ALL);
        }
    },
    /// Does not answer SET_LOG_BASE.
    LOG_UNANSWERED {
        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.SET_LOG_BASE) {
                reply.drop();
            }
        }
    },
    /// Gives too small a region for requests in flight, and does not use it.
    SMALL_RECORD {
        @Override
        void request(State state, Message request) {
            if (request.of() == FrontendRequest.SET_INFLIGHT_FD) {
                state.acknowledgeHere(request);
            }
        }

        @Override
        void reply(State state, Message reply) {
            if (reply.of() == FrontendRequest.GET_INFLIGHT_FD) {
                MemorySegment.ofArray(reply.bytes())
                        .set(ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES, reply.number() / 2);
            }
        }
    };

    private static void changeFeatures(Message request, LongUnaryOperator change) {
        if (request.of() == FrontendRequest.SET_FEATURES) {
            request.number(change.applyAsLong(request.number()));
        }
    }

    /// Changes what the front end sends.
    void request(State state, Message request) {}

    /// Changes what the back end answers.
    void reply(State state, Message reply) {}

    /// Whether the front end does not notice that the back end hangs up.
    boolean hidesTheEnd() {
        return false;
    }

    /// Whether the first front end, which only asks what is offered, is treated like the others.
    boolean spoilsFacts() {
        return false;
    }

    boolean endsOnPieces() {
        return false;
    }

    boolean servesOneOnly() {
        return false;
    }

    boolean endsOnSecond() {
        return false;
    }
}
