package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.DeviceServerFixture;

/// Runs the checks of one type of device against a device that this process serves.
final class CheckRun {
    private CheckRun() {}

    /// How the checks are made.
    static CheckOptions options(DeviceKind kind, Duration timeout, Path hostSockets) {
        return new CheckOptions(
                Optional.of(kind),
                Set.of(RingFormat.values()),
                Notification.Kind.PIPE,
                timeout,
                true,
                Optional.of(hostSockets));
    }

    /// All checks of the device's type on both formats of rings; not one may fail.
    ///
    /// @return ids of those that were skipped
    static Set<String> allPass(VirtioDevice device, Path socket, CheckOptions options) throws Exception {
        List<CheckResult> results = run(device, socket, options, "*");
        List<CheckResult> failed = results.stream()
                .filter(result -> result.outcome() instanceof Outcome.Fail)
                .toList();
        assertEquals(List.of(), failed);
        Set<String> skipped = new TreeSet<>();
        for (CheckResult result : results) {
            if (result.outcome() instanceof Outcome.Skip) {
                skipped.add(result.clause().id());
            }
        }
        return skipped;
    }

    /// A check that a device must fail, on split rings.
    static void fails(VirtioDevice device, Path socket, CheckOptions options, String id) throws Exception {
        List<CheckResult> results = run(device, socket, options, id);
        assertInstanceOf(Outcome.Fail.class, results.getFirst().outcome(), results.toString());
    }

    /// Ids with spaces between them.
    static Set<String> ids(String words) {
        return words.isEmpty() ? Set.of() : Set.of(words.split(" "));
    }

    /// Requires that certain checks of a level have failed, and no others.
    static void requireFailed(Set<String> expected, CheckLevel level, List<CheckResult> results) {
        List<CheckResult> failed = results.stream()
                .filter(result -> result.outcome() instanceof Outcome.Fail)
                .filter(result -> result.clause().level() == level)
                .toList();
        assertEquals(
                expected,
                failed.stream().map(result -> result.clause().id()).collect(Collectors.toSet()),
                failed.toString());
    }

    private static List<CheckResult> run(VirtioDevice device, Path socket, CheckOptions options, String only)
            throws Exception {
        String suite = options.kind().orElseThrow().label();
        try (var _ = new DeviceServerFixture(device, socket)) {
            return CheckRunner.run(
                            new SocketTarget(socket, Optional.empty()),
                            options,
                            (id, of) -> of.equals(suite) && (only.equals("*") || only.equals(id)),
                            _ -> {})
                    .results();
        }
    }
}
