package org.vhostdevice.core.session;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.vhostdevice.core.testkit.CapturedLog;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

/// Tests of a served [RngTestDevice], each with a server and a connected front end of its own.
abstract class ServedDeviceTest {
    /// How long to wait for what must not come, in milliseconds.
    static final long SHORT_MILLIS = 50;

    /// How long to wait for what must come, in milliseconds.
    static final long LONG_MILLIS = 10_000;

    @RegisterExtension
    final CapturedLog log = new CapturedLog();

    RngTestDevice device;
    ServerFixture server;
    StepFrontend frontend;

    private final int queues;
    private final Completion completion;

    ServedDeviceTest(int queues, Completion completion) {
        this.queues = queues;
        this.completion = completion;
    }

    @BeforeEach
    void serve() throws Exception {
        device = new RngTestDevice(queues, completion);
        server = ServerFixture.serve(device);
        frontend = StepFrontend.connect(server.socket());
    }

    @AfterEach
    void stop() throws Exception {
        frontend.close();
        server.close();
    }

    QueueMetrics metrics(int queue) {
        return server.server().metrics().get(queue);
    }
}
