package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.check.Wire.Reply;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// How messages are framed and answered.
final class MessageChecks {
    private static final String FRAMING = "vhost-user, Message Specification";
    private static final String REPLY_ACK = "vhost-user, REPLY_ACK";
    private static final Need ACKS = Need.protocol(ProtocolFeature.REPLY_ACK);
    private static final int REPLY_FLAGS = MessageHeader.VERSION | MessageHeader.REPLY;

    static final CheckSuite SUITE = CheckSuite.plain(
            "messages",
            List.of(
                    must("U16a", FRAMING, "takes a header that comes in single bytes", MessageChecks::headerInPieces),
                    must("U16b", FRAMING, "takes a payload that comes in single bytes", MessageChecks::payloadInPieces)
                            .needing(ACKS),
                    must("U16c", FRAMING, "takes two messages that come at once", MessageChecks::twoAtOnce),
                    must(
                            "U18a",
                            FRAMING,
                            "a reply has version 1, the reply flag and no other",
                            MessageChecks::replyFlags),
                    must("U18b", REPLY_ACK, "an acknowledgement has these flags and 8 bytes", MessageChecks::ackFlags)
                            .needing(ACKS),
                    must("U8a", REPLY_ACK, "success is acknowledged by zero", MessageChecks::zero)
                            .needing(ACKS),
                    should("U18c", FRAMING, "also where the request has need_reply", MessageChecks::needReplyFlags)
                            .needing(ACKS),
                    must("U8b", REPLY_ACK, "need_reply changes nothing where there is a reply", MessageChecks::once)
                            .needing(ACKS),
                    must("U8c", REPLY_ACK, "nothing is acknowledged that was not asked for", MessageChecks::unasked)
                            .needing(ACKS),
                    should("U8d", REPLY_ACK, "need_reply means nothing without REPLY_ACK", MessageChecks::notAgreed)));

    private MessageChecks() {}

    private static byte[] setOwner(int flags) {
        return Wire.message(FrontendRequest.SET_OWNER.id(), flags, 0);
    }

    private static void headerInPieces(Rig rig) throws IOException {
        Wire wire = rig.wire();
        wire.sendSlowly(Wire.message(FrontendRequest.GET_FEATURES.id(), Wire.VERSION, 0));
        requireFeatures(rig, wire.reply());
        wire.requireInStep("a header in single bytes");
    }

    private static void payloadInPieces(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.REPLY_ACK);
        byte[] payload = Wire.bytes(new Message.VringState(0, 64));
        byte[] message = Wire.message(FrontendRequest.SET_VRING_NUM.id(), Wire.NEED_REPLY, payload.length, payload);
        wire.send(List.of(), Arrays.copyOf(message, MessageHeader.BYTES));
        wire.sendSlowly(payload);
        requireZero(wire.reply());
        wire.requireInStep("a payload in single bytes");
    }

    private static void twoAtOnce(Rig rig) throws IOException {
        Wire wire = rig.wire();
        byte[] one = Wire.message(FrontendRequest.GET_FEATURES.id(), Wire.VERSION, 0);
        byte[] two = Arrays.copyOf(one, 2 * one.length);
        System.arraycopy(one, 0, two, one.length, one.length);
        wire.send(List.of(), two);
        requireFeatures(rig, wire.reply());
        requireFeatures(rig, wire.reply());
    }

    private static void replyFlags(Rig rig) throws IOException {
        Wire wire = rig.wire();
        wire.send(FrontendRequest.GET_FEATURES, Wire.VERSION);
        requireFeatures(rig, wire.reply());
    }

    private static void requireFeatures(Rig rig, Reply reply) {
        String expected = "an answer to GET_FEATURES with flags 0x5 and features 0x"
                + Long.toHexString(rig.facts().features());
        CheckEnded.require(
                reply instanceof Reply.Answer answer
                        && answer.message()
                                .header()
                                .equals(new MessageHeader(FrontendRequest.GET_FEATURES.id(), REPLY_FLAGS, Long.BYTES))
                        && answer.number().equals(Optional.of(rig.facts().features())),
                expected,
                reply.toString());
    }

    private static void ackFlags(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.REPLY_ACK);
        wire.send(List.of(), setOwner(Wire.NEED_REPLY));
        Reply reply = wire.reply();
        CheckEnded.require(
                reply instanceof Reply.Answer answer
                        && answer.message()
                                .header()
                                .equals(new MessageHeader(FrontendRequest.SET_OWNER.id(), REPLY_FLAGS, Long.BYTES)),
                "an acknowledgement of SET_OWNER with flags 0x5 and 8 bytes",
                reply.toString());
    }

    private static void zero(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.REPLY_ACK);
        wire.send(List.of(), setOwner(Wire.NEED_REPLY));
        requireZero(wire.reply());
    }

    private static void requireZero(Reply reply) {
        CheckEnded.require(Wire.isZero(reply), "an acknowledgement of 0", reply.toString());
    }

    private static void needReplyFlags(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.REPLY_ACK);
        wire.send(FrontendRequest.GET_FEATURES, Wire.NEED_REPLY);
        requireFeatures(rig, wire.reply());
    }

    private static void once(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.REPLY_ACK);
        wire.send(FrontendRequest.GET_FEATURES, Wire.NEED_REPLY);
        Reply first = wire.reply();
        CheckEnded.require(
                first instanceof Reply.Answer answer
                        && answer.number().equals(Optional.of(rig.facts().features())),
                "the features",
                first.toString());
        Reply more = wire.reply(LiveRing.QUIET);
        CheckEnded.require(more instanceof Reply.Silence, "one answer to GET_FEATURES", "then " + more);
    }

    private static void unasked(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.REPLY_ACK);
        wire.send(List.of(), setOwner(Wire.VERSION));
        wire.requireInStep("SET_OWNER without need_reply");
    }

    private static void notAgreed(Rig rig) throws IOException {
        Wire wire = rig.wire();
        wire.send(List.of(), setOwner(Wire.NEED_REPLY));
        wire.requireInStep("SET_OWNER with need_reply, without REPLY_ACK");
    }
}
