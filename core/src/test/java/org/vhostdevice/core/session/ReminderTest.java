package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

class ReminderTest {
    private static final long LOOK_NANOS = 20_000_000_000L; // until there is something to do

    @ParameterizedTest
    @ValueSource(longs = {0, LOOK_NANOS})
    void aDriverThatDoesNotLookIsNotifiedOnceMore(long lookNanos) throws Exception {
        ServerOptions options = ServerOptions.DEFAULT.withBusyWait(lookNanos);
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE), options);
                StepFrontend frontend = server.started()) {
            QueueMetrics metrics = server.server().metrics().get(0);
            Waiting.until(() -> metrics.notifications() == 1, () -> "the call descriptor is new");
            frontend.queue(0).request(1);
            Waiting.until(() -> metrics.notifications() == 3, () -> "the notification and the reminder");
            frontend.client.setVringEnable(0, true); // ends the look
            frontend.queue(0).pollUsed(1);
            assertEquals(3, metrics.notifications());
        }
    }
}
