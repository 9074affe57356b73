package org.vhostdevice.core.check;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Set;
import org.vhostdevice.core.check.Relay.Message;
import org.vhostdevice.core.check.Relay.State;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.FileStatus;

/// What a relay between a front end and a good back end does to make it a bad one.
@SuppressWarnings("ImmutableEnumChecker") // the changes have no state of their own, and the set is not written
enum RelayFault {
    /// Nothing.
    NONE(Change::none, Change::none),
    /// Answers have one flag more.
    REPLY_FLAGS(Change::none, (_, reply) -> reply.header(reply.request(), reply.flags() | MessageHeader.NEED_REPLY)),
    /// Answers to requests with need_reply have it too.
    ECHOED_FLAGS(Change::none, (state, reply) -> {
        int echo = state.last().needReply() ? MessageHeader.NEED_REPLY : 0;
        reply.header(reply.request(), reply.flags() | echo);
    }),
    /// Every acknowledgement says failure.
    ALL_FAILS(Change::none, (_, reply) -> {
        if (!reply.of().hasOwnReply()) {
            reply.number(7);
        }
    }),
    /// Every acknowledgement says success, even where the back end hangs up.
    ALL_SUCCEEDS(
            Change::none,
            (_, reply) -> {
                if (!reply.of().hasOwnReply()) {
                    reply.number(0);
                }
            },
            Trait.HIDES_THE_END),
    /// Everything is answered twice.
    TWICE(Change::none, (_, reply) -> reply.repeat()),
    /// Everything is acknowledged, whether it was asked for or not.
    ALWAYS_ACKNOWLEDGED(
            (state, request) -> {
                if (!request.of().hasOwnReply()) {
                    request.header(request.request(), request.flags() | MessageHeader.NEED_REPLY);
                    state.answerHere(request, 0);
                }
            },
            Change::none),
    /// A message has to come in one piece.
    ONE_PIECE(Change::none, Change::none, Trait.ENDS_ON_PIECES),
    /// Versions and reply flags are overlooked.
    ANY_FLAGS(
            (_, request) -> request.header(
                    request.request(), MessageHeader.VERSION | (request.flags() & MessageHeader.NEED_REPLY)),
            Change::none),
    /// Offers features of nobody.
    ODD_FEATURES(
            Change::none,
            Change.number(FrontendRequest.GET_FEATURES, features -> features | 1L << 49 | 1L << 37)
                    .and(Change.number(FrontendRequest.GET_PROTOCOL_FEATURES, features -> features | 1L << 40)),
            Trait.SPOILS_FACTS),
    /// Offers less than what belongs together.
    HALF_FEATURES(
            Change::none,
            Change.number(FrontendRequest.GET_FEATURES, features -> features & ~Bits.VERSION_1)
                    .and(Change.number(
                            FrontendRequest.GET_PROTOCOL_FEATURES,
                            features ->
                                    (features & ~ProtocolFeature.bits(ProtocolFeature.BACKEND_REQ, ProtocolFeature.MQ))
                                            | ProtocolFeature.BACKEND_SEND_FD.mask())),
            Trait.SPOILS_FACTS),
    /// Has no queues.
    NO_QUEUES(Change::none, Change.number(FrontendRequest.GET_QUEUE_NUM, _ -> 0), Trait.SPOILS_FACTS),
    /// Accepts any status.
    FEATURES_ALWAYS_OK(
            Change.number(
                    FrontendRequest.SET_FEATURES, features -> features & (Bits.VERSION_1 | Bits.PROTOCOL_FEATURES)),
            Change::none),
    /// Ends the connection at features that it offered.
    ALL_OR_NOTHING(
            Change.at(FrontendRequest.SET_FEATURES, (state, request) -> {
                if ((request.number() & Bits.EVENT_IDX) == 0) {
                    state.hangUp();
                }
            }),
            Change::none),
    /// Goes on with in-band notifications alone, which it does not even have.
    BARE_INBAND(
            Change.number(
                    FrontendRequest.SET_PROTOCOL_FEATURES,
                    features -> features & ~ProtocolFeature.INBAND_NOTIFICATIONS.mask()),
            Change.number(
                    FrontendRequest.GET_PROTOCOL_FEATURES,
                    features -> features | ProtocolFeature.INBAND_NOTIFICATIONS.mask()),
            Trait.SPOILS_FACTS),
    /// Has a window of shared memory.
    WINDOW(
            window(1 << 20),
            Change.number(FrontendRequest.GET_PROTOCOL_FEATURES, features -> features | ProtocolFeature.SHMEM.mask()),
            Trait.SPOILS_FACTS),
    /// Has a window of shared memory that is not region 0.
    WINDOW_ELSEWHERE(
            window(0),
            Change.number(FrontendRequest.GET_PROTOCOL_FEATURES, features -> features | ProtocolFeature.SHMEM.mask()),
            Trait.SPOILS_FACTS),
    /// Answers one byte less of the configuration.
    SHORT_CONFIG(Change::none, Change.at(FrontendRequest.GET_CONFIG, (_, reply) -> reply.shorten(1))),
    /// Reads the configuration from its start, always.
    NO_OFFSET(
            Change.at(FrontendRequest.GET_CONFIG, (state, request) -> {
                state.kept(request.half(0));
                request.half(0, 0);
            }),
            Change.at(FrontendRequest.GET_CONFIG, (state, reply) -> reply.half(0, (int) state.kept()))),
    /// Does not answer odd questions about the configuration.
    CONFIG_SILENCE(
            Change.at(FrontendRequest.GET_CONFIG, (_, request) -> {
                if (request.half(4) > 128) {
                    request.drop();
                }
            }),
            Change::none),
    /// Has no configuration before the features are set.
    LATE_CONFIG(
            Change.at(FrontendRequest.GET_CONFIG, (state, _) -> {
                if (!state.seen(FrontendRequest.SET_FEATURES)) {
                    state.hangUp();
                }
            }),
            Change::none),
    /// Keeps whatever is written to the configuration.
    WRITABLE_CONFIG(
            Change.at(FrontendRequest.SET_CONFIG, (state, request) -> {
                state.writeConfig();
                request.drop();
            }),
            Change.at(FrontendRequest.GET_CONFIG, (state, reply) -> {
                if (state.configWritten()) {
                    Arrays.fill(reply.bytes(), MessageHeader.BYTES + 12, reply.bytes().length, (byte) -1);
                }
            })),
    /// Takes one region of memory and no more.
    ONE_REGION(
            (state, request) -> {
                if (request.of() == FrontendRequest.ADD_MEM_REG && state.count(FrontendRequest.ADD_MEM_REG) > 1) {
                    state.refuse(request);
                } else if (request.of() == FrontendRequest.SET_MEM_TABLE && request.half(0) > 1) {
                    request.half(0, 1);
                    request.cutTo(8 + 32, 1);
                }
            },
            Change::none),
    /// Keeps every descriptor that it gets.
    KEEPS_DESCRIPTORS(State::keepDescriptors, Change::none),
    /// Takes guest addresses for user addresses.
    USER_ADDRESSES(
            Change.number(
                    FrontendRequest.SET_PROTOCOL_FEATURES,
                    features -> features & ~ProtocolFeature.GPA_ADDRESSES.mask()),
            Change::none),
    /// Serves one front end and no more.
    ONE_SHOT(Change::none, Change::none, Trait.SERVES_ONE_ONLY),
    /// Ends the connection with one front end when another one comes.
    JEALOUS(Change::none, Change::none, Trait.ENDS_ON_SECOND),
    /// Ends for good when a ring is given up.
    DIES_OF_ERRORS(Change.at(FrontendRequest.SET_VRING_ERR, State::dieOf), Change::none),
    /// Does not stop rings.
    NEVER_STOPS(
            Change.at(FrontendRequest.GET_VRING_BASE, (state, request) -> {
                state.answerHere(request, request.number());
                request.drop();
            }),
            Change::none),
    /// Does not disable rings.
    NEVER_DISABLES(Change.at(FrontendRequest.SET_VRING_ENABLE, (_, request) -> request.half(4, 1)), Change::none),
    /// Does not start rings.
    NEVER_STARTS(Change.at(FrontendRequest.SET_VRING_KICK, State::acknowledgeHere), Change::none),
    /// Waits for SET_VRING_ENABLE in any case.
    NEEDS_ENABLE(
            Change.number(FrontendRequest.SET_FEATURES, features -> features | Bits.PROTOCOL_FEATURES), Change::none),
    /// Says nothing once a ring was stopped.
    MUTE_WHEN_STOPPED(
            Change.at(FrontendRequest.GET_FEATURES, (state, request) -> {
                if (state.seen(FrontendRequest.GET_VRING_BASE)) {
                    request.drop();
                }
            }),
            Change::none),
    /// Knows no pipes.
    NO_PIPES(hangUpAtKicksBy(FileStatus.Kind.PIPE), Change::none),
    /// Knows nothing but pipes.
    PIPES_ONLY(hangUpAtKicksBy(FileStatus.Kind.ANONYMOUS), Change::none),
    /// Starts every ring at 0.
    BASE_0(
            Change.at(
                    FrontendRequest.SET_VRING_BASE,
                    (state, request) -> request.half(4, state.packed() ? 0x8000_8000 : 0)),
            Change::none),
    /// Never calls.
    NO_CALLS(Change.at(FrontendRequest.SET_VRING_CALL, State::acknowledgeHere), Change::none),
    /// Calls all the time.
    NOISY(Change.at(FrontendRequest.SET_VRING_CALL, State::addNoise), Change::none),
    /// Keeps the call descriptor of the first time.
    FIRST_CALL(
            Change.at(FrontendRequest.SET_VRING_CALL, (state, request) -> {
                if (state.count(request.of()) > 1) {
                    state.acknowledgeHere(request);
                }
            }),
            Change::none),
    /// Does not poll.
    NO_POLLING(
            Change.at(FrontendRequest.SET_VRING_KICK, (state, request) -> {
                if ((request.number() & 1 << 8) != 0) {
                    state.refuse(request);
                }
            }),
            Change::none),
    /// Sets DRIVER_OK by itself.
    HASTY(
            Change.number(
                    FrontendRequest.SET_STATUS,
                    status -> (status & Bits.FEATURES_OK) != 0 ? status | Bits.DRIVER_OK : status),
            Change::none),
    /// Ignores resets.
    NEVER_RESETS(
            (state, request) -> {
                boolean byStatus = request.of() == FrontendRequest.SET_STATUS && request.number() == 0;
                if (byStatus || request.of() == FrontendRequest.RESET_DEVICE) {
                    state.acknowledgeHere(request);
                }
            },
            Change::none),
    /// Fails after a reset.
    RESETS_ONCE(
            Change.at(FrontendRequest.SET_VRING_NUM, (state, request) -> {
                if (state.seen(FrontendRequest.RESET_DEVICE)) {
                    state.refuse(request);
                }
            }),
            Change::none),
    /// Never says that it needs a reset.
    PROUD(Change::none, Change.number(FrontendRequest.GET_STATUS, status -> status & ~Bits.NEEDS_RESET)),
    /// Never says that its configuration has changed.
    TACITURN(Change.at(FrontendRequest.SET_BACKEND_REQ_FD, State::acknowledgeHere), Change::none),
    /// Keeps the first size of a ring, and only knows powers of two of at most 64.
    FIXED_SIZE(
            Change.at(FrontendRequest.SET_VRING_NUM, (state, request) -> {
                int size = state.first(request.half(4));
                request.half(4, Math.min(64, Integer.highestOneBit(size)));
            }),
            Change::none),
    /// Uses the event index always.
    ALWAYS_EVENTS(Change.number(FrontendRequest.SET_FEATURES, features -> features | Bits.EVENT_IDX), Change::none),
    /// Uses the event index never.
    NEVER_EVENTS(Change.number(FrontendRequest.SET_FEATURES, features -> features & ~Bits.EVENT_IDX), Change::none),
    /// Knows no indirect tables, though it offers them.
    NO_TABLES(Change.number(FrontendRequest.SET_FEATURES, features -> features & ~Bits.INDIRECT_DESC), Change::none),
    /// Never logs.
    NO_LOG(
            Change.number(FrontendRequest.SET_FEATURES, features -> features & ~Bits.LOG_ALL)
                    .and(Change.at(FrontendRequest.SET_VRING_ADDR, (_, request) -> request.half(4, 0))),
            Change::none),
    /// Logs always.
    ALWAYS_LOGS(Change.number(FrontendRequest.SET_FEATURES, features -> features | Bits.LOG_ALL), Change::none),
    /// Does not answer SET_LOG_BASE.
    LOG_UNANSWERED(Change::none, Change.at(FrontendRequest.SET_LOG_BASE, (_, reply) -> reply.drop())),
    /// Says that every transfer of a state has failed.
    STATE_REFUSED(Change::none, Change.number(FrontendRequest.CHECK_DEVICE_STATE, _ -> 1)),
    /// Says that every transfer of a state went well.
    ANY_STATE(Change::none, Change.number(FrontendRequest.CHECK_DEVICE_STATE, _ -> 0)),
    /// Gives too small a region for requests in flight, and does not use it.
    SMALL_RECORD(
            Change.at(FrontendRequest.SET_INFLIGHT_FD, State::acknowledgeHere),
            Change.at(
                    FrontendRequest.GET_INFLIGHT_FD,
                    (_, reply) -> MemorySegment.ofArray(reply.bytes())
                            .set(ValueLayout.JAVA_LONG_UNALIGNED, MessageHeader.BYTES, reply.number() / 2)));

    private final Change request;
    private final Change reply;
    private final Set<Trait> traits;

    /// What else a back end does.
    enum Trait {
        /// The front end does not notice that the back end hangs up.
        HIDES_THE_END,
        /// The first front end, which only asks what is offered, is treated like the others.
        SPOILS_FACTS,
        /// Ends the connection when a message comes in pieces.
        ENDS_ON_PIECES,
        /// Listens until there was one front end.
        SERVES_ONE_ONLY,
        /// Ends a connection when there is another one.
        ENDS_ON_SECOND
    }

    RelayFault(Change request, Change reply, Trait... traits) {
        this.request = request;
        this.reply = reply;
        this.traits = Set.of(traits);
    }

    /// Shared memory of which the back end knows nothing.
    ///
    /// @param size of region 0
    private static Change window(long size) {
        return Change.number(
                        FrontendRequest.SET_PROTOCOL_FEATURES, features -> features & ~ProtocolFeature.SHMEM.mask())
                .and(Change.at(FrontendRequest.GET_SHMEM_CONFIG, (state, request) -> {
                    state.answerHere(request, 2, size);
                    request.drop();
                }));
    }

    private static Change hangUpAtKicksBy(FileStatus.Kind kind) {
        return Change.at(FrontendRequest.SET_VRING_KICK, (state, request) -> {
            if (request.carries(kind)) {
                state.hangUp();
            }
        });
    }

    /// Changes what the front end sends.
    void request(State state, Message message) {
        request.make(state, message);
    }

    /// Changes what the back end answers.
    void reply(State state, Message message) {
        reply.make(state, message);
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }
}
