package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.OwnedFd;

/// A front end attached to one back end: connection, guest memory, queues.
///
/// The messages and their order are those of QEMU. Memory and rings outlive the back end: after its end, [#reattach]
/// goes on with the next one. The control methods are for one thread at a time; each queue may have a thread of its
/// own, except while the rings are stopped, started or reattached.
public final class Frontend implements AutoCloseable {
    private static final int STATUS_DRIVER = 0x03;
    private static final int STATUS_DRIVER_OK = 0x04;
    private static final int STATUS_FEATURES_OK = 0x08;
    private static final int VRING_F_LOG = 1;

    private Path path;
    private final FrontendOptions options;
    private final InBandCalls handler;
    private final FrontendMemory memory;
    private final List<FrontendQueue> queues = new ArrayList<>();
    private Connection connection;
    private boolean logging;

    /// What back ends have recorded; null until one makes room for it.
    private @Nullable InflightRegion inflight;

    private Frontend(
            Path path, FrontendOptions options, InBandCalls handler, FrontendMemory memory, Connection connection) {
        this.path = path;
        this.options = options;
        this.handler = handler;
        this.memory = memory;
        this.connection = connection;
    }

    /// Connects, agrees on features and makes memory and rings, but starts nothing: the configuration can be read.
    ///
    /// @param path    socket of the back end
    /// @param options what is wanted
    /// @param handler for requests of the back end; called by a thread of this object
    /// @return the front end, not started
    /// @throws IOException if the back end is not there, or cannot do what is wanted
    public static Frontend connect(Path path, FrontendOptions options, BackendRequestHandler handler)
            throws IOException {
        var opened = new CloseList();
        try {
            FrontendMemory memory = FrontendMemory.create(options.memory());
            opened.add(memory::close);
            var calls = new InBandCalls(handler);
            Connection connection = Connection.open(path, options, calls);
            opened.add(connection::close);
            var frontend = new Frontend(path, options, calls, memory, connection);
            opened.add(frontend::closeQueues);
            frontend.makeQueues();
            frontend.announceQueues();
            return frontend;
        } catch (IOException | RuntimeException e) {
            opened.closeAll();
            throw e;
        }
    }

    /// Connects and starts all queues, with the handler [BackendRequestHandler#PLAIN].
    ///
    /// @param path    socket of the back end
    /// @param options what is wanted
    /// @return the front end, started
    /// @throws IOException if the back end is not there, or cannot do what is wanted
    public static Frontend attach(Path path, FrontendOptions options) throws IOException {
        Frontend frontend = connect(path, options, BackendRequestHandler.PLAIN);
        try {
            frontend.start();
            return frontend;
        } catch (IOException e) {
            frontend.close();
            throw e;
        }
    }

    private void makeQueues() throws IOException {
        Negotiated agreed = connection.negotiated();
        int wanted = options.queues().count();
        long count = wanted == 0 ? agreed.maxQueues() : wanted;
        if (count > agreed.maxQueues() || count > 256) {
            throw new BackendRefusal("the back end has " + agreed.maxQueues() + " queues, not " + count);
        }
        for (int i = 0; i < count; i++) {
            DriverQueue ring = DriverQueue.allocate(options.queues().options(agreed.features()), memory);
            queues.add(new FrontendQueue(i, ring, options.link()));
        }
        handler.serve(queues);
    }

    /// What QEMU sends when the device appears, before its driver starts it.
    private void announceQueues() throws IOException {
        for (FrontendQueue queue : queues) {
            if (inBand()) {
                queue.useMessages(client());
            } else {
                client().setVringCall(queue.index(), queue.callForBackend());
                client().setVringErr(queue.index(), queue.errorForBackend());
            }
            queue.watch(client().fd());
        }
    }

    private boolean inBand() {
        return connection.negotiated().has(ProtocolFeature.INBAND_NOTIFICATIONS);
    }

    /// {@return the protocol client, for requests that have no method here}
    public VhostUserClient client() {
        return connection.client();
    }

    /// {@return what was agreed on with the present back end}
    public Negotiated negotiated() {
        return connection.negotiated();
    }

    /// {@return the guest memory}
    public FrontendMemory memory() {
        return memory;
    }

    /// {@return the queues, in order of their index}
    public List<FrontendQueue> queues() {
        return List.copyOf(queues);
    }

    /// {@return the options of this front end}
    public FrontendOptions options() {
        return options;
    }

    /// Reads the configuration space.
    ///
    /// @param offset first byte
    /// @param size   bytes, at most 256
    /// @return exactly that many bytes
    /// @throws IOException if the back end fails or refuses
    public byte[] config(int offset, int size) throws IOException {
        if (!connection.negotiated().has(ProtocolFeature.CONFIG)) {
            throw new BackendRefusal("the back end does not offer its configuration space");
        }
        return client().getConfig(offset, size).toArray();
    }

    /// Starts all rings where they stand.
    ///
    /// @throws IOException if the back end fails or refuses
    public void start() throws IOException {
        passFeatures();
        addStatus(STATUS_FEATURES_OK);
        passInflight();
        if (!inBand()) {
            for (FrontendQueue queue : queues) {
                client().setVringCall(queue.index(), queue.callForBackend());
            }
        }
        passMemory();
        for (FrontendQueue queue : queues) {
            startRing(queue);
        }
        enable(true);
        addStatus(STATUS_DRIVER | STATUS_DRIVER_OK);
        for (FrontendQueue queue : queues) {
            if (queue.ring().outstanding() > 0) {
                queue.kick();
            }
        }
    }

    private void passMemory() throws IOException {
        List<Message.MemoryRegion> regions =
                memory.regions().stream().map(this::asTold).toList();
        List<OwnedFd> descriptors = memory.descriptors();
        if (regions.size() > connection.negotiated().maxMemorySlots()) {
            throw new BackendRefusal("the back end takes "
                    + connection.negotiated().maxMemorySlots() + " memory regions, not " + regions.size());
        }
        if (!connection.negotiated().has(ProtocolFeature.CONFIGURE_MEM_SLOTS)) {
            client().setMemTable(regions, descriptors);
        } else if (!connection.memoryPassed()) {
            for (int i = 0; i < regions.size(); i++) {
                client().addMemReg(regions.get(i), descriptors.get(i));
            }
            connection.setMemoryPassed();
        }
    }

    private boolean guestAddressesOnly() {
        return connection.negotiated().has(ProtocolFeature.GPA_ADDRESSES);
    }

    private Message.MemoryRegion asTold(Message.MemoryRegion region) {
        return guestAddressesOnly()
                ? new Message.MemoryRegion(
                        region.guestAddress(), region.size(), region.guestAddress(), region.mmapOffset())
                : region;
    }

    private long toldAddress(long guestAddress) {
        return guestAddressesOnly() ? guestAddress : memory.toFrontendAddress(guestAddress);
    }

    /// Hands over what the last back end has recorded, or has this one make room for its own record.
    private void passInflight() throws IOException {
        if (recorded()) {
            if (inflight == null) {
                inflight =
                        client().getInflightFd(queues.size(), options.queues().size());
            }
            client().setInflightFd(inflight);
        }
    }

    private boolean recorded() {
        return connection.negotiated().has(ProtocolFeature.INFLIGHT_SHMFD);
    }

    private void dropInflight() {
        if (inflight != null) {
            inflight.close();
            inflight = null;
        }
    }

    private void startRing(FrontendQueue queue) throws IOException {
        int index = queue.index();
        client().setVringNum(index, queue.ring().size());
        int base = recorded() ? queue.ring().resumeRecorded() : queue.ring().resume();
        client().setVringBase(index, base);
        passAddresses(queue);
        if (inBand()) {
            client().vringKick(index);
        } else {
            client().setVringKick(index, queue.kickForBackend());
        }
    }

    private void passAddresses(FrontendQueue queue) throws IOException {
        RingAddresses at = queue.ring().addresses();
        client().setVringAddr(new Message.VringAddress(
                queue.index(),
                logging ? VRING_F_LOG : 0,
                toldAddress(at.descriptors()),
                toldAddress(at.used()),
                toldAddress(at.available()),
                logging ? at.used() : 0));
    }

    /// Has the back end mark the pages that it writes, from now on.
    ///
    /// @param log where
    /// @throws BackendRefusal if it cannot
    /// @throws IOException    if the back end fails
    public void startLogging(MigrationLog log) throws IOException {
        Negotiated agreed = connection.negotiated();
        if (!agreed.has(ProtocolFeature.LOG_SHMFD) || (agreed.offered() & DriverFeature.LOG_ALL) == 0) {
            throw new BackendRefusal("the back end does not log the pages that it writes");
        }
        client().migration().setLogBase(log.message(), log.descriptor());
        setLogging(true);
    }

    /// Has the back end mark pages no longer.
    ///
    /// @throws IOException if the back end fails or refuses
    public void stopLogging() throws IOException {
        setLogging(false);
    }

    private void passFeatures() throws IOException {
        client().setFeatures(connection.negotiated().features() | (logging ? DriverFeature.LOG_ALL : 0));
    }

    private void setLogging(boolean on) throws IOException {
        logging = on;
        passFeatures();
        for (FrontendQueue queue : queues) {
            passAddresses(queue);
        }
    }

    private void enable(boolean enabled) throws IOException {
        if (connection.negotiated().has(DriverFeature.PROTOCOL_FEATURES)) {
            for (FrontendQueue queue : queues) {
                client().setVringEnable(queue.index(), enabled);
            }
        }
    }

    private void addStatus(int bits) throws IOException {
        if (connection.negotiated().has(ProtocolFeature.STATUS)) {
            client().setStatus(client().getStatus() | bits);
            if ((client().getStatus() & STATUS_FEATURES_OK) == 0) {
                throw new BackendRefusal("the device does not accept features 0x"
                        + Long.toHexString(connection.negotiated().features()));
            }
        }
    }

    /// Stops all rings. Chains that the back end did not use stay offered, and are served after the next [#start].
    ///
    /// @throws BackendViolation if a ring stops elsewhere than between its used and its available index
    /// @throws IOException if the back end fails or refuses
    public void stop() throws IOException {
        suspend();
        if (connection.negotiated().has(ProtocolFeature.STATUS)) {
            client().setStatus(0);
        }
    }

    /// Stops all rings but leaves the device as it is, so that its state can be saved.
    ///
    /// @throws BackendViolation if a ring stops elsewhere than between its used and its available index
    /// @throws IOException if the back end fails or refuses
    public void suspend() throws IOException {
        enable(false);
        for (FrontendQueue queue : queues) {
            queue.ring().checkBase(client().getVringBase(queue.index()));
        }
    }

    /// Stops the rings and starts them again.
    ///
    /// @throws IOException if the back end fails or refuses
    public void restart() throws IOException {
        stop();
        start();
    }

    /// Resets the device, by RESET_DEVICE or else by its status, and forgets all chains. [#start] begins from empty
    /// rings.
    ///
    /// @throws IOException if the back end fails or refuses
    public void reset() throws IOException {
        if (connection.negotiated().has(ProtocolFeature.RESET_DEVICE)) {
            client().resetDevice();
        } else if (connection.negotiated().has(ProtocolFeature.STATUS)) {
            client().setStatus(0);
        } else {
            throw new BackendRefusal("the back end offers no way to reset the device");
        }
        for (FrontendQueue queue : queues) {
            queue.ring().reset();
        }
        dropInflight();
    }

    /// Connects to the back end again after its end, or to one that took its place, with the same memory and rings.
    /// Chains that were not used go to it, in the order in which they were offered or, with INFLIGHT_SHMFD, in
    /// which the last back end took them.
    ///
    /// @throws BackendRefusal if it does not offer the features that the driver uses
    /// @throws IOException    if it is not there, fails or refuses; this may be tried again
    public void reattach() throws IOException {
        connectAgain();
        start();
    }

    /// Goes on with another back end, with the same memory and rings. The rings are stopped.
    ///
    /// @param destination its socket
    /// @param state       of the last back end's device, as [MigrationClient#saveState] gave it
    /// @throws IOException as [#reattach], or if the back end refuses the state
    public void migrate(Path destination, byte[] state) throws IOException {
        path = destination;
        logging = false;
        dropInflight();
        connectAgain();
        client().migration().loadState(state);
        start();
    }

    private void connectAgain() throws IOException {
        long before = connection.negotiated().features();
        detach();
        Connection next = Connection.open(path, options, handler);
        if (next.negotiated().features() != before) {
            next.close();
            throw new BackendRefusal("the back end came back with features 0x"
                    + Long.toHexString(next.negotiated().features()) + " instead of 0x" + Long.toHexString(before));
        }
        connection = next;
        announceQueues();
    }

    private void detach() {
        for (FrontendQueue queue : queues) {
            queue.unwatch();
        }
        connection.close();
    }

    private void closeQueues() {
        for (FrontendQueue queue : queues) {
            queue.close();
        }
    }

    /// Ends the connection without stopping the rings first, and frees everything.
    @Override
    public void close() {
        detach();
        closeQueues();
        dropInflight();
        memory.close();
    }
}
