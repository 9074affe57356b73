package org.vhostdevice.core.session;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.frontend.MigrationLog;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.frontend.RingAddresses;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.virtqueue.VirtioFeature;

/// A front end that a test leads step by step.
final class StepFrontend implements AutoCloseable {
    static final long EVENT_IDX = VirtioFeature.EVENT_IDX.mask();

    /// What the queues here, split and out of order, do not know, and what a test asks for when it wants it.
    private static final long OTHER_RINGS =
            VirtioFeature.RING_PACKED.mask() | VirtioFeature.IN_ORDER.mask() | VirtioFeature.LOG_ALL.mask();
    static final long PROTOCOL_FEATURES = VirtioFeature.PROTOCOL_FEATURES.mask();

    /// Protocol features that change what the messages here mean, so that a test has to want them.
    private static final long UNUSUAL =
            ProtocolFeature.bits(ProtocolFeature.GPA_ADDRESSES, ProtocolFeature.INBAND_NOTIFICATIONS);

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final List<RegionPlan> MEMORY =
            List.of(new RegionPlan(0x1_0000_0000L, 1 << 20), new RegionPlan(0x2_0000_0000L, 1 << 20, 1 << 16));

    final VhostUserClient client;
    final FrontendMemory memory;
    private final List<StepQueue> queues = new ArrayList<>();
    private long features;
    private boolean guestAddressesOnly;

    private StepFrontend(VhostUserClient client, FrontendMemory memory) {
        this.client = client;
        this.memory = memory;
    }

    static StepFrontend connect(Path socket) throws IOException {
        return new StepFrontend(VhostUserClient.connect(socket, ANSWER_LIMIT), FrontendMemory.create(MEMORY));
    }

    static StepFrontend adopt(OwnedFd socket) throws IOException {
        return new StepFrontend(VhostUserClient.adopt(socket, ANSWER_LIMIT), FrontendMemory.create(MEMORY));
    }

    /// Agrees on everything usual that is offered, but for some virtio features, and makes the queues.
    void negotiateWithout(long virtioFeatures) throws IOException {
        negotiate(virtioFeatures, 0);
    }

    /// Agrees on everything usual that is offered, and on these.
    void negotiateWith(ProtocolFeature... unusual) throws IOException {
        negotiate(0, ProtocolFeature.bits(unusual));
    }

    private void negotiate(long withoutFeatures, long unusual) throws IOException {
        features = client.getFeatures() & ~withoutFeatures & ~OTHER_RINGS;
        long protocol = client.getProtocolFeatures() & ~(UNUSUAL & ~unusual);
        guestAddressesOnly = ProtocolFeature.GPA_ADDRESSES.in(protocol);
        client.setProtocolFeatures(protocol);
        client.setOwner();
        client.setFeatures(features);
        long count = ProtocolFeature.MQ.in(protocol) ? client.getQueueNum() : 1;
        for (int i = 0; i < count; i++) {
            queues.add(new StepQueue(i, memory, features));
        }
    }

    void negotiate() throws IOException {
        negotiateWithout(0);
    }

    long features() {
        return features;
    }

    StepQueue queue(int index) {
        return queues.get(index);
    }

    List<StepQueue> queues() {
        return List.copyOf(queues);
    }

    void shareMemory() throws IOException {
        client.setMemTable(regions(), memory.descriptors());
    }

    /// The regions as they are told to the back end; with GPA_ADDRESSES the front end's own addresses are nonsense.
    List<Message.MemoryRegion> regions() {
        return memory.regions().stream()
                .map(region -> guestAddressesOnly
                        ? new Message.MemoryRegion(region.guestAddress(), region.size(), 0x1234, region.mmapOffset())
                        : region)
                .toList();
    }

    /// Says everything about a ring, but for the kick.
    void setUp(StepQueue queue) throws IOException {
        client.setVringNum(queue.index, StepQueue.SIZE);
        client.setVringBase(queue.index, queue.ring.resume());
        client.setVringAddr(address(queue));
        client.setVringCall(queue.index, queue.callEnd());
        client.setVringErr(queue.index, queue.errorEnd());
    }

    Message.VringAddress address(StepQueue queue) {
        RingAddresses at = queue.ring.addresses();
        return new Message.VringAddress(
                queue.index, 0, told(at.descriptors()), told(at.used()), told(at.available()), 0);
    }

    private long told(long guestAddress) {
        return guestAddressesOnly ? guestAddress : memory.toFrontendAddress(guestAddress);
    }

    /// Has all that is written logged, in buffers and in rings.
    void log(MigrationLog log) throws IOException {
        client.migration().setLogBase(log.message(), log.descriptor());
        client.setFeatures(features | VirtioFeature.LOG_ALL.mask());
        for (StepQueue queue : queues) {
            logRing(queue, 1, queue.ring.addresses().used());
        }
    }

    /// Says where a ring lies once more, with another flag and address for the log.
    void logRing(StepQueue queue, int flags, long address) throws IOException {
        RingAddresses at = queue.ring.addresses();
        client.setVringAddr(new Message.VringAddress(
                queue.index,
                flags,
                memory.toFrontendAddress(at.descriptors()),
                memory.toFrontendAddress(at.used()),
                memory.toFrontendAddress(at.available()),
                address));
    }

    /// Starts a ring, enabled.
    void start(StepQueue queue) throws IOException {
        setUp(queue);
        client.setVringKick(queue.index, queue.kickEnd());
        client.setVringEnable(queue.index, true);
    }

    /// Shares memory and starts all rings.
    void startAll() throws IOException {
        shareMemory();
        for (StepQueue queue : queues) {
            start(queue);
        }
    }

    @Override
    public void close() {
        client.close();
        queues.forEach(StepQueue::close);
        memory.close();
    }
}
