package org.vhostdevice.core.session;

import java.util.Arrays;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;

/// The messages about the configuration space. Control thread only.
final class ConfigAccess {
    private static final int BY_DRIVER = 0;
    private static final int BY_MIGRATION = 1;

    private final ConfigSpace config;

    ConfigAccess(ConfigSpace config) {
        this.config = config;
    }

    /// GET_CONFIG: always as many bytes as asked for, zeroes beyond the device's.
    Message.Config get(Message.Config asked) {
        byte[] all = config.bytes();
        int from = (int) Math.min(asked.offset(), all.length);
        byte[] part = Arrays.copyOfRange(all, from, from + asked.bytes().length());
        return new Message.Config(asked.offset(), asked.flags(), Bytes.of(part));
    }

    /// SET_CONFIG.
    void set(Message.Config written) throws ProtocolException {
        boolean byMigration = written.flags() == BY_MIGRATION;
        if (!byMigration && written.flags() != BY_DRIVER) {
            throw ProtocolException.refused("configuration written with flags " + written.flags());
        }
        byte[] value = written.bytes().toArray();
        if (written.offset() + value.length > config.bytes().length) {
            throw ProtocolException.refused(
                    value.length + " bytes written beyond the configuration space at " + written.offset());
        }
        if (!config.write((int) written.offset(), value, byMigration)) {
            throw ProtocolException.refused(
                    "the device refuses " + value.length + " bytes of configuration at " + written.offset());
        }
    }
}
