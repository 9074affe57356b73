package org.vhostdevice.core.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.frontend.RingAddresses;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// A back end on a connection of its own, with guest memory and rings, started step by step. One thread.
final class LiveDevice implements AutoCloseable {
    private final Plan plan;
    private final VhostUserClient client;
    private final FrontendMemory memory;
    private final long features;
    private final long protocolFeatures;
    private final List<LiveRing> rings = new ArrayList<>();

    private LiveDevice(Plan plan, VhostUserClient client, long features, long protocolFeatures, FrontendMemory memory) {
        this.plan = plan;
        this.client = client;
        this.features = features;
        this.protocolFeatures = protocolFeatures;
        this.memory = memory;
    }

    /// Connects, and agrees on protocol features.
    ///
    /// @param count of rings
    static LiveDevice connect(Rig rig, Plan plan, int count) throws IOException {
        VhostUserClient client = rig.connect();
        long features = client.getFeatures() & plan.features();
        long protocolFeatures = 0;
        if ((features & Bits.PROTOCOL_FEATURES) != 0) {
            protocolFeatures = client.getProtocolFeatures() & plan.protocolFeatures();
            client.setProtocolFeatures(protocolFeatures);
        }
        client.setOwner();
        LiveDevice device =
                new LiveDevice(plan, client, features, protocolFeatures, FrontendMemory.create(plan.memory()));
        for (int i = 0; i < count; i++) {
            device.rings.add(device.makeRing(rig, i, plan.ringSize()));
        }
        return device;
    }

    /// The same memory, rings and features with a back end that took the place of this one's.
    ///
    /// @param client connected to it
    LiveDevice again(Rig rig, VhostUserClient client) throws IOException {
        if (has(Bits.PROTOCOL_FEATURES)) {
            client.setProtocolFeatures(protocolFeatures);
        }
        client.setOwner();
        LiveDevice next = new LiveDevice(plan, client, features, protocolFeatures, memory);
        for (LiveRing ring : rings) {
            next.rings.add(new LiveRing(ring.index(), ring.ring(), client, rig.options(), plan.notifications()));
        }
        return next;
    }

    /// Makes a ring, which is not set up yet.
    LiveRing makeRing(Rig rig, int index, int size) throws IOException {
        CheckRing ring = plan.format().make(size, features, memory);
        return new LiveRing(index, ring, client, rig.options(), plan.notifications());
    }

    VhostUserClient client() {
        return client;
    }

    FrontendMemory memory() {
        return memory;
    }

    /// The virtio features that are used.
    long features() {
        return features;
    }

    boolean has(long mask) {
        return (features & mask) == mask;
    }

    boolean has(ProtocolFeature feature) {
        return feature.in(protocolFeatures);
    }

    LiveRing ring(int index) {
        return rings.get(index);
    }

    List<LiveRing> rings() {
        return rings;
    }

    /// Everything up to DRIVER_OK.
    LiveDevice start() throws IOException {
        return start(plan.memory().size());
    }

    /// Everything up to DRIVER_OK, with the first regions of memory only.
    LiveDevice start(int regions) throws IOException {
        setFeatures();
        return startRings(regions);
    }

    /// Everything after SET_FEATURES.
    LiveDevice startRings() throws IOException {
        return startRings(plan.memory().size());
    }

    private LiveDevice startRings(int regions) throws IOException {
        passMemory(regions);
        for (LiveRing ring : rings) {
            setUp(ring);
            startRing(ring);
        }
        enable(true);
        driverOk();
        return this;
    }

    /// SET_FEATURES, with the status that goes with it.
    void setFeatures() throws IOException {
        client.setFeatures(features);
        addStatus(Bits.ACKNOWLEDGE | Bits.DRIVER);
        addStatus(Bits.FEATURES_OK);
    }

    void driverOk() throws IOException {
        addStatus(Bits.DRIVER_OK);
    }

    private void addStatus(int bits) throws IOException {
        if (has(ProtocolFeature.STATUS)) {
            client.setStatus(client.getStatus() | bits);
        }
    }

    void passMemory() throws IOException {
        passMemory(plan.memory().size());
    }

    private void passMemory(int count) throws IOException {
        if (has(ProtocolFeature.CONFIGURE_MEM_SLOTS)) {
            for (int i = 0; i < count; i++) {
                addRegion(i);
            }
        } else {
            client.setMemTable(
                    memory.regions().subList(0, count), memory.descriptors().subList(0, count));
        }
    }

    /// ADD_MEM_REG.
    void addRegion(int region) throws IOException {
        client.addMemReg(memory.regions().get(region), memory.descriptors().get(region));
    }

    /// Everything of a ring but what starts it.
    void setUp(LiveRing ring) throws IOException {
        client.setVringNum(ring.index(), ring.ring().size());
        client.setVringBase(ring.index(), ring.ring().base());
        client.setVringAddr(address(ring, 0, 0));
        client.setVringCall(ring.index(), ring.callEnd());
        client.setVringErr(ring.index(), ring.errEnd());
    }

    /// The payload of SET_VRING_ADDR.
    Message.VringAddress address(LiveRing ring, int flags, long log) {
        RingAddresses at = ring.ring().addresses();
        return new Message.VringAddress(
                ring.index(), flags, of(at.descriptors()), of(at.used()), of(at.available()), log);
    }

    private long of(long guestAddress) {
        return has(ProtocolFeature.GPA_ADDRESSES) ? guestAddress : memory.toFrontendAddress(guestAddress);
    }

    /// SET_VRING_KICK.
    void startRing(LiveRing ring) throws IOException {
        client.setVringKick(ring.index(), ring.kickEnd());
    }

    void enable(boolean enabled) throws IOException {
        for (LiveRing ring : rings) {
            enable(ring, enabled);
        }
    }

    void enable(LiveRing ring, boolean enabled) throws IOException {
        if (has(Bits.PROTOCOL_FEATURES)) {
            client.setVringEnable(ring.index(), enabled);
        }
    }

    /// Which format the rings have.
    RingFormat format() {
        return plan.format();
    }

    @Override
    public void close() {
        client.close();
        rings.forEach(LiveRing::close);
        memory.close();
    }
}
