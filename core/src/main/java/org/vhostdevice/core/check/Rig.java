package org.vhostdevice.core.check;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// What one check works with: connections to the back end, all closed at its end. One thread.
final class Rig implements AutoCloseable {
    private final Situation situation;
    private final RingFormat format;
    private final Deque<Runnable> opened = new ArrayDeque<>();
    private String seen = "";

    /// Makes a rig with nothing open.
    ///
    /// @param format rings that the check is about
    Rig(Situation situation, RingFormat format) {
        this.situation = situation;
        this.format = format;
    }

    CheckOptions options() {
        return situation.options();
    }

    Facts facts() {
        return situation.facts();
    }

    Target target() {
        return situation.target();
    }

    /// The type of the device, if known.
    Optional<DeviceKind> kind() {
        return situation.kind();
    }

    RingFormat format() {
        return format;
    }

    /// The harmless request of the device's type.
    ///
    /// @throws CheckEnded to skip the check if the type is not known
    DeviceProbe probe() {
        return situation.kind().map(DeviceKind::probe).orElseThrow(() -> CheckEnded.skip(Need.NO_KIND));
    }

    /// Something worth telling in the report.
    void saw(String what) {
        seen = what;
    }

    String seen() {
        return seen;
    }

    /// A fresh connection that was accepted: it has answered GET_FEATURES. What was open before is closed, as back ends
    /// may serve one front end at a time.
    VhostUserClient connect() throws IOException {
        close();
        VhostUserClient client = Dial.answered(target(), options().timeout());
        opened.push(client::close);
        return client;
    }

    /// A fresh connection beside those that are open, on which nothing was sent.
    VhostUserClient connectBeside() throws IOException {
        VhostUserClient client =
                VhostUserClient.connect(target().socket(), options().timeout());
        opened.push(client::close);
        return client;
    }

    /// A fresh connection for any bytes.
    Wire wire() throws IOException {
        return wire(connect());
    }

    Wire wire(VhostUserClient client) {
        return new Wire(client, options().timeout());
    }

    /// A fresh connection on which protocol features were agreed on, among them those that the caller names; without
    /// acknowledgements by the client itself.
    Wire wire(ProtocolFeature... wanted) throws IOException {
        VhostUserClient client = connect();
        long features = client.getFeatures();
        if ((features & Bits.PROTOCOL_FEATURES) != 0) {
            client.setProtocolFeatures(client.getProtocolFeatures() & ProtocolFeature.bits(wanted));
        }
        return wire(client);
    }

    /// How most checks set up the device.
    Plan plan() {
        return Plan.usual(format, options().notifications())
                .with(situation.kind().map(k -> k.probe().features()).orElse(0L));
    }

    /// A device that is connected but not started.
    LiveDevice device(Plan plan) throws IOException {
        int rings = (int) Math.min(Optional.of(probe()).map(DeviceProbe::rings).orElse(1), facts().queues());
        LiveDevice device = LiveDevice.connect(this, plan, rings);
        opened.push(device::close);
        return device;
    }

    /// The same device with a back end that took the place of the one before.
    LiveDevice again(LiveDevice device) throws IOException {
        VhostUserClient client = Dial.answered(target(), options().timeout());
        opened.push(client::close);
        LiveDevice next = device.again(this, client);
        opened.push(next::close);
        return next;
    }

    /// A device that is started.
    LiveDevice started(Plan plan) throws IOException {
        return device(plan).start();
    }

    LiveDevice started() throws IOException {
        return started(plan());
    }

    /// A device that is started, and whose calls for what was before have come.
    LiveDevice settled(Plan plan) throws IOException {
        LiveDevice device = started(plan);
        requireServes(device, "at first");
        long deadline = System.nanoTime() + options().timeout().toNanos();
        while (ring(device).awaitCall(LiveRing.QUIET) && System.nanoTime() < deadline) {
            // A back end that never falls silent is for the check to judge.
        }
        return device;
    }

    /// A front end of its own for a driver of the device's type, with rings of the check's format.
    ///
    /// @param wanted queues and features
    Frontend frontend(FrontendOptions wanted) throws IOException {
        close();
        FrontendOptions timed = wanted.withNotifications(options().notifications())
                .withTimeout(options().timeout());
        FrontendOptions chosen = format == RingFormat.PACKED ? timed.withFeatures(Bits.RING_PACKED) : timed;
        Frontend frontend =
                Dial.patiently(target(), options().timeout(), () -> Frontend.attach(target().socket(), chosen));
        opened.push(frontend::close);
        return frontend;
    }

    /// Listens to what the back end says of a device that is not started yet, with BACKEND_REQ in its plan.
    ///
    /// @return empty if BACKEND_REQ is not offered
    Optional<ChangeNotices> notices(LiveDevice device) throws IOException {
        if (!device.has(ProtocolFeature.BACKEND_REQ)) {
            return Optional.empty();
        }
        ChangeNotices notices = ChangeNotices.of(device, options());
        opened.push(notices::close);
        return Optional.of(notices);
    }

    /// The ring on which the device's harmless request goes.
    LiveRing ring(LiveDevice device) {
        return device.ring(probe().queue());
    }

    /// Has a started device do its harmless request.
    ///
    /// @throws CheckEnded as a failure if it does not
    void requireServes(LiveDevice device, String when) throws IOException {
        Used _ = requireAnswered(ring(device), Request.of(device, probe()), when);
    }

    /// Submits a harmless request and waits for its answer.
    Used requireAnswered(LiveRing ring, Request request, String when) throws IOException {
        int id = ring.submit(request.chain());
        return requireAnswer(ring, request, id, when);
    }

    /// Waits for the answer to a request that was submitted.
    Used requireAnswer(LiveRing ring, Request request, int id, String when) throws IOException {
        Used used = ring.awaitUsed("a request " + when);
        CheckEnded.requireEqual("the used entry names chain", id, used.id());
        Optional<String> fault = probe().fault(request.answer());
        CheckEnded.require(fault.isEmpty(), "a request " + when + " succeeds", fault.orElse(""));
        return used;
    }

    /// Submits a harmless request with an indirect table and waits for its answer.
    ///
    /// @param direct how many of its descriptors stand before the one that refers to the table
    /// @param flags  of that one, besides INDIRECT
    Used requireIndirect(LiveDevice device, int direct, Request request, int flags, String when) throws IOException {
        LiveRing ring = ring(device);
        List<Descriptor> chain = new ArrayList<>(request.chain().subList(0, direct));
        List<Descriptor> rest = request.chain().subList(direct, request.chain().size());
        int bytes = rest.size() * CheckRing.DESCRIPTOR;
        long table = device.memory().allocate(bytes, CheckRing.DESCRIPTOR);
        ring.ring().table(device.memory().slice(table, bytes), rest);
        boolean _ = chain.add(new Descriptor(table, bytes, Bits.INDIRECT | flags));
        Used used = requireAnswer(ring, request, ring.submit(chain), when);
        request.requireIntact();
        return used;
    }

    /// Fails unless a new front end is answered, after all others are gone.
    void requireServesNext(String after) throws IOException {
        requireServesNext(after, false);
    }

    /// Fails unless a new front end is answered, after all others are gone.
    ///
    /// @param same whether it has to be the same process that answers, not one started anew
    void requireServesNext(String after, boolean same) throws IOException {
        close();
        if (same) {
            Optional<String> end = target().end();
            CheckEnded.require(end.isEmpty(), "the back end goes on after " + after, end.orElse(""));
        }
        target().ensureServing();
        long features = connect().getFeatures();
        CheckEnded.requireEqual(
                "after " + after + " the next front end is offered features",
                Long.toHexString(facts().features()),
                Long.toHexString(features));
        close();
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            opened.pop().run();
        }
    }
}
