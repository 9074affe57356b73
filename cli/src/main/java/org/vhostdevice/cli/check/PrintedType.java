package org.vhostdevice.cli.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.vhostdevice.cli.child.ChildBackEnd;
import org.vhostdevice.core.check.DeviceKind;
import org.vhostdevice.core.sys.ServiceManager;

/// The type of device that a back end prints when it is asked for its capabilities.
final class PrintedType {
    private static final int SECONDS = 10;
    private static final int MOST_BYTES = 65_536;

    private PrintedType() {}

    /// Runs a command with `--print-capabilities` behind its other options.
    ///
    /// @return the type; empty if the back end does not know the option, or is of another type
    /// @throws IOException if there is no shell
    static Optional<DeviceKind> ask(String command) throws IOException {
        String asking = "exec " + command.replace(ChildBackEnd.PLACE, "/nonexistent/s") + " --print-capabilities";
        Process process = ServiceManager.child(List.of("sh", "-c", asking))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .start();
        try (var out = process.getInputStream()) {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                return Optional.empty();
            }
            String text = new String(out.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
            return DeviceKind.ofSchemaType(
                    new ObjectMapper().readTree(text).path("type").asText());
        } catch (JsonProcessingException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            boolean _ = process.destroyForcibly().isAlive();
        }
    }
}
