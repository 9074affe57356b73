package org.vhostdevice.vsock;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.vhostdevice.core.device.DeviceText;
import org.vhostdevice.core.device.UsageException;

/// The file behind `--config`, in the form of vhost-device-vsock: YAML with a list `vms`, of which each entry has a
/// socket and options of this command, `_` or `-` between their words. A value that is a list repeats the option.
final class VsockConfigFile {
    private static final String LIST = "vms";

    private VsockConfigFile() {}

    /// The guests that a file names.
    ///
    /// @throws UsageException if it cannot be read, or says something else
    static List<DeviceText> read(Path file) throws UsageException {
        String place = "--config " + file;
        JsonNode vms = parse(place, file).path(LIST);
        if (!vms.isArray() || vms.isEmpty()) {
            throw new UsageException(place + ": a list " + LIST + " is missing");
        }
        List<DeviceText> guests = new ArrayList<>();
        for (JsonNode vm : vms) {
            if (!vm.isObject()) {
                throw new UsageException(place + ": an entry of " + LIST + " is no map of options");
            }
            guests.add(DeviceText.of(place, parts(place, vm)));
        }
        return guests;
    }

    private static JsonNode parse(String place, Path file) throws UsageException {
        try {
            return new YAMLMapper().readTree(file.toFile());
        } catch (JsonProcessingException e) {
            String at =
                    e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
            String problem = String.valueOf(e.getOriginalMessage());
            throw new UsageException(
                    place + at + ": " + problem.lines().findFirst().orElse("no YAML"));
        } catch (IOException e) {
            throw new UsageException(place + " cannot be read: " + e.getMessage());
        }
    }

    private static List<String> parts(String place, JsonNode vm) throws UsageException {
        List<String> parts = new ArrayList<>();
        for (Map.Entry<String, JsonNode> option : vm.properties()) {
            String name = option.getKey().replace('_', '-');
            JsonNode value = option.getValue();
            for (JsonNode one : value.isArray() ? value : List.of(value)) {
                if (!one.isValueNode() || one.isNull()) {
                    throw new UsageException(place + ": " + option.getKey() + " has no value");
                }
                parts.add(name + "=" + one.asText());
            }
        }
        return parts;
    }
}
