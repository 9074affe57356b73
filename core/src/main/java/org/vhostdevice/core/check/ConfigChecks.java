package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.vhostdevice.core.check.Wire.Reply;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// The configuration space.
final class ConfigChecks {
    private static final String GET = "vhost-user, GET_CONFIG";
    private static final String SET = "vhost-user, SET_CONFIG";
    private static final Need CONFIG = Need.protocol(ProtocolFeature.CONFIG);
    private static final Need ACKS = Need.protocol(ProtocolFeature.REPLY_ACK);
    private static final int BYTES = Facts.CONFIG_BYTES;

    static final CheckSuite SUITE = CheckSuite.plain(
            "config",
            List.of(
                    must("U12a", GET, "the answer has as many bytes as were asked for", ConfigChecks::size)
                            .needing(CONFIG),
                    must("U12b", GET, "the offset is obeyed", ConfigChecks::offset)
                            .needing(CONFIG),
                    should("U12c", GET, "bytes behind the end do no harm", ConfigChecks::beyond)
                            .needing(CONFIG),
                    must("G7", "VIRTIO 1.4, 2.5.2", "it can be read before FEATURES_OK", ConfigChecks::early)
                            .needing(CONFIG),
                    must("U20a", SET, "a write to a read-only field is no success", ConfigChecks::refused)
                            .needing(CONFIG, ACKS),
                    must("U20b", SET, "a write to a read-only field changes nothing", ConfigChecks::unchanged)
                            .needing(CONFIG)));

    private ConfigChecks() {}

    private static VhostUserClient client(Rig rig) throws IOException {
        VhostUserClient client = rig.connect();
        long _ = client.getFeatures();
        client.setProtocolFeatures(client.getProtocolFeatures() & ProtocolFeature.CONFIG.mask());
        return client;
    }

    private static void size(Rig rig) throws IOException {
        VhostUserClient client = client(rig);
        for (int size : new int[] {1, 2, 4, BYTES}) {
            Bytes _ = client.getConfig(0, size);
        }
    }

    private static void offset(Rig rig) throws IOException {
        VhostUserClient client = client(rig);
        byte[] whole = client.getConfig(0, BYTES).toArray();
        for (int at = 0; at < BYTES; at++) {
            byte[] one = client.getConfig(at, 1).toArray();
            CheckEnded.requireEqual("byte " + at + " of " + HexFormat.of().formatHex(whole) + " is", whole[at], one[0]);
        }
    }

    private static void beyond(Rig rig) throws IOException {
        for (int[] range : new int[][] {{0, Message.Config.MAX_BYTES}, {4096, 8}, {-8, 8}}) {
            Wire wire = rig.wire(client(rig));
            Message config = new Message.Config(range[0] & 0xffff_ffffL, 0, Bytes.zeroes(range[1]));
            wire.send(FrontendRequest.GET_CONFIG, Wire.VERSION, Wire.bytes(config));
            Reply reply = wire.reply();
            CheckEnded.require(!(reply instanceof Reply.Silence), "an answer to GET_CONFIG " + config, "none");
            rig.saw(reply.toString());
            rig.requireServesNext("GET_CONFIG beyond the end");
        }
    }

    private static void early(Rig rig) throws IOException {
        Bytes _ = client(rig).getConfig(0, BYTES);
    }

    private static Message lie() {
        byte[] ones = new byte[BYTES];
        Arrays.fill(ones, (byte) 0xff);
        return new Message.Config(0, 0, Bytes.of(ones));
    }

    private static void refused(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.CONFIG, ProtocolFeature.REPLY_ACK);
        rig.saw(wire.requireRefused(FrontendRequest.SET_CONFIG, lie()));
    }

    private static void unchanged(Rig rig) throws IOException {
        Bytes before = client(rig).getConfig(0, BYTES);
        Wire wire = rig.wire(client(rig));
        wire.send(FrontendRequest.SET_CONFIG, Wire.VERSION, Wire.bytes(lie()));
        wire.send(FrontendRequest.GET_FEATURES, Wire.VERSION);
        rig.saw(wire.reply().toString());
        rig.requireServesNext("SET_CONFIG");
        CheckEnded.requireEqual("configuration", before, client(rig).getConfig(0, BYTES));
    }
}
