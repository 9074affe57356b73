package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.UnixSocket;

/// What SUSPEND in the device status does.
final class SuspendChecks {
    private static final String SUSPEND = "VIRTIO 1.4, Device Suspend";
    private static final long PAUSE_MILLIS = 1;

    static final CheckSuite SUITE = CheckSuite.onRings(
            "suspend",
            List.of(
                            must("G9", SUSPEND, "SUSPEND means nothing before FEATURES_OK", SuspendChecks::early),
                            must("G10", SUSPEND, "SUSPEND is set, or DEVICE_NEEDS_RESET", SuspendChecks::obeyed),
                            must("G11", SUSPEND, "what is used is notified of first", SuspendChecks::finished),
                            must(
                                    "G12",
                                    SUSPEND,
                                    "while suspended nothing is used or notified of",
                                    SuspendChecks::rests),
                            must("G13", SUSPEND, "while suspended the configuration stays", SuspendChecks::configStays),
                            must("G14", SUSPEND, "the device goes on, or says that it cannot", SuspendChecks::resumed))
                    .stream()
                    .map(check -> check.needing(
                            Need.KIND, Need.feature(Bits.SUSPEND, "SUSPEND"), Need.protocol(ProtocolFeature.STATUS)))
                    .toList());

    private SuspendChecks() {}

    private static Plan plan(Rig rig) {
        return rig.plan().with(Bits.SUSPEND).without(Bits.EVENT_IDX);
    }

    private static String words(long status) {
        return "status 0x" + Long.toHexString(status);
    }

    private static void early(Rig rig) throws IOException {
        LiveDevice device = rig.device(plan(rig));
        long begun = Bits.ACKNOWLEDGE | Bits.DRIVER;
        device.client().setStatus(begun);
        device.client().setStatus(begun | Bits.STATUS_SUSPEND);
        long status = device.client().getStatus();
        CheckEnded.require((status & Bits.STATUS_SUSPEND) == 0, "no SUSPEND (16)", words(status));
        rig.requireServes(device.start(), "after SUSPEND came too early");
    }

    /// Sets or clears SUSPEND, and waits until the status agrees, or has DEVICE_NEEDS_RESET.
    ///
    /// @return the last status
    private static long change(Rig rig, LiveDevice device, boolean suspend) throws IOException {
        long wanted = suspend ? Bits.STATUS_SUSPEND : 0;
        long status = device.client().getStatus();
        device.client().setStatus((status & ~Bits.STATUS_SUSPEND) | wanted);
        long deadline = System.nanoTime() + rig.options().timeout().toNanos();
        do {
            int _ = UnixSocket.poll(UnixSocket.NO_WAKEUP, 0, PAUSE_MILLIS);
            status = device.client().getStatus();
        } while ((status & Bits.STATUS_SUSPEND) != wanted
                && (status & Bits.NEEDS_RESET) == 0
                && System.nanoTime() - deadline < 0);
        return status;
    }

    private static LiveDevice served(Rig rig) throws IOException {
        LiveDevice device = rig.started(plan(rig));
        rig.requireServes(device, "before the device is suspended");
        return device;
    }

    private static void suspend(Rig rig, LiveDevice device) throws IOException {
        long status = change(rig, device, true);
        if ((status & Bits.NEEDS_RESET) != 0) {
            throw CheckEnded.skip("the device says that it needs a reset instead");
        }
        CheckEnded.require((status & Bits.STATUS_SUSPEND) != 0, "SUSPEND (16)", words(status));
    }

    /// Clears SUSPEND.
    ///
    /// @return false if the device says that it needs a reset
    private static boolean resume(Rig rig, LiveDevice device) throws IOException {
        long status = change(rig, device, false);
        boolean reset = (status & Bits.NEEDS_RESET) != 0;
        CheckEnded.require(
                reset || (status & Bits.STATUS_SUSPEND) == 0,
                "no SUSPEND (16), or DEVICE_NEEDS_RESET (64)",
                words(status));
        return !reset;
    }

    private static void obeyed(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        long status = change(rig, device, true);
        CheckEnded.require(
                (status & (Bits.STATUS_SUSPEND | Bits.NEEDS_RESET)) != 0,
                "SUSPEND (16) or DEVICE_NEEDS_RESET (64)",
                words(status));
        rig.saw(words(status));
    }

    private static void finished(Rig rig) throws IOException {
        LiveDevice device = rig.started(plan(rig));
        LiveRing ring = rig.ring(device);
        Set<Integer> waiting = new HashSet<>();
        int each = Request.of(device, rig.probe()).chain().size();
        for (int i = 0; i < ring.ring().size() / each; i++) {
            boolean _ =
                    waiting.add(ring.ring().add(Request.of(device, rig.probe()).chain()));
        }
        ring.publishAndKick();
        suspend(rig, device);
        int all = waiting.size();
        for (Optional<Used> used = ring.ring().next();
                used.isPresent();
                used = ring.ring().next()) {
            take(used.get(), waiting);
        }
        int done = all - waiting.size();
        CheckEnded.require(
                done == 0 || ring.awaitCall(LiveRing.QUIET), "a call for the " + done + " requests used", "no call");
        rig.saw(done + " of " + all + " requests were used before");
        if (resume(rig, device)) {
            ring.kick();
            while (!waiting.isEmpty()) {
                take(ring.awaitUsed("a request that was there when the device was suspended"), waiting);
            }
        }
    }

    private static void take(Used used, Set<Integer> waiting) {
        CheckEnded.require(waiting.remove(used.id()), "each request is used once", "chain " + used.id() + " again");
    }

    private static void rests(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        LiveRing ring = rig.ring(device);
        ring.forgetCalls();
        suspend(rig, device);
        ring.requireSilent("the device is suspended");
        Request request = Request.of(device, rig.probe());
        int id = ring.submit(request.chain());
        ring.requireUnused("the device is suspended");
        CheckEnded.require(request.untouched(), "buffers stay as they are", "they were written");
        if (resume(rig, device)) {
            ring.kick();
            Used _ = rig.requireAnswer(ring, request, id, "made available while the device was suspended");
        }
    }

    private static void configStays(Rig rig) throws IOException {
        LiveDevice device = rig.device(plan(rig).with(ProtocolFeature.BACKEND_REQ));
        if (!device.has(ProtocolFeature.CONFIG)) {
            throw CheckEnded.skip(ProtocolFeature.CONFIG + " is not offered");
        }
        Optional<ChangeNotices> notices = rig.notices(device);
        LiveDevice _ = device.start();
        Bytes before = device.client().getConfig(0, Facts.CONFIG_BYTES);
        suspend(rig, device);
        boolean told = notices.isPresent() && notices.get().await(LiveRing.QUIET);
        CheckEnded.require(!told, "no message of a change", "a message");
        CheckEnded.requireEqual("configuration", before, device.client().getConfig(0, Facts.CONFIG_BYTES));
    }

    private static void resumed(Rig rig) throws IOException {
        LiveDevice device = served(rig);
        suspend(rig, device);
        if (resume(rig, device)) {
            rig.requireServes(device, "after the device was suspended");
        } else {
            rig.saw("the device needs a reset");
        }
    }
}
