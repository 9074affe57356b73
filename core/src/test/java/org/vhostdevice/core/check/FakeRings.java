package org.vhostdevice.core.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.check.FakeRing.Taken;
import org.vhostdevice.core.check.Relay.Message;
import org.vhostdevice.core.check.Relay.State;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.protocol.Message.MemoryTable;
import org.vhostdevice.core.protocol.Message.VringAddress;
import org.vhostdevice.core.protocol.MessageCodec;
import org.vhostdevice.core.protocol.MessageHeader;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.UnixSocket;

/// The rings of a relay, which serve a disk of zeroes and can be suspended (VIRTIO 1.4, 2.1): the back end behind the
/// relay never hears of them. They break one rule if a test wants that.
final class FakeRings implements AutoCloseable {
    private final RingFault fault;
    private final FakeMemory memory = new FakeMemory();
    private final Map<Integer, Slot> slots = new TreeMap<>();
    private long features;
    private long status;
    private boolean usesStatus;
    private boolean broken;
    private boolean idle;

    /// What is known of one ring.
    private static final class Slot {
        private int size;
        private int base;
        private boolean enabled;
        private VringAddress address = new VringAddress(0, 0, 0, 0, 0, 0);
        private @Nullable EventNotifier call;
        private @Nullable EventConsumer kick;
        private @Nullable FakeRing ring;
        private List<Taken> held = new ArrayList<>();
        private @Nullable Taken last;

        void call() {
            if (call != null) {
                call.signal();
            }
        }

        void stop() {
            ring = null;
            if (kick != null) {
                kick.close();
                kick = null;
            }
        }

        void setCall(@Nullable EventNotifier other) {
            if (call != null) {
                call.close();
            }
            call = other;
        }
    }

    FakeRings(RingFault fault) {
        this.fault = fault;
    }

    /// Whether something was signalled since the last time.
    static boolean isSignalled(EventConsumer consumer) {
        try {
            return UnixSocket.poll(consumer.fd(), Poller.READ, 0) != 0 && consumer.drain();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Takes a message of the front end.
    void take(State state, Message message) {
        try {
            switch (message.of()) {
                case SET_FEATURES -> {
                    features = message.number();
                    message.number(features & ~Bits.SUSPEND);
                }
                case SET_PROTOCOL_FEATURES -> usesStatus = ProtocolFeature.STATUS.in(message.number());
                case SET_STATUS -> message.number(setStatus(state, message.number()) & ~Bits.STATUS_SUSPEND);
                case SET_MEM_TABLE, ADD_MEM_REG -> addMemory(message);
                case RESET_DEVICE -> setStatus(state, 0);
                case GET_VRING_BASE -> {
                    state.answerHere(message, message.half(0) | (long) stop(slot(message)) << 32);
                    message.drop();
                }
                case SET_VRING_NUM, SET_VRING_BASE, SET_VRING_ADDR, SET_VRING_ENABLE -> {
                    set(slot(message), message);
                    state.acknowledgeHere(message);
                }
                case SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR -> {
                    setFile(slot(message), message);
                    state.acknowledgeHere(message);
                }
                default -> {
                    // for the back end
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sees an answer of the back end.
    void answered(Message reply) {
        if (reply.of() == FrontendRequest.GET_FEATURES && fault.suspends()) {
            reply.number(reply.number() | Bits.SUSPEND);
        } else if (reply.of() == FrontendRequest.GET_STATUS) {
            long reset = broken ? Bits.NEEDS_RESET : 0;
            reply.number(reply.number() | (status & Bits.STATUS_SUSPEND) | reset);
        } else if (reply.of() == FrontendRequest.GET_CONFIG && isSuspended() && fault == RingFault.CHANGES_CONFIG) {
            reply.bytes()[reply.bytes().length - 1] ^= 1;
        }
    }

    private Slot slot(Message message) {
        return slots.computeIfAbsent(message.half(0) & 0xff, _ -> new Slot());
    }

    private void addMemory(Message message) throws IOException {
        MemorySegment payload = MemorySegment.ofArray(message.bytes()).asSlice(MessageHeader.BYTES);
        List<MemoryRegion> regions;
        try {
            regions = switch (MessageCodec.decode(message.of(), payload)) {
                case MemoryTable table -> table.regions();
                case MemoryRegion region -> List.of(region);
                default -> List.of();
            };
        } catch (ProtocolException e) {
            throw new IOException(e);
        }
        if (message.of() == FrontendRequest.SET_MEM_TABLE) {
            memory.close();
        }
        for (int i = 0; i < regions.size(); i++) {
            memory.add(regions.get(i), message.descriptors().get(i));
        }
    }

    private static void set(Slot slot, Message message) {
        switch (message.of()) {
            case SET_VRING_NUM -> slot.size = message.half(4);
            case SET_VRING_BASE -> slot.base = message.half(4);
            case SET_VRING_ENABLE -> slot.enabled = message.half(4) != 0;
            default ->
                slot.address = new VringAddress(
                        message.half(0), 0, message.word(8), message.word(16), message.word(24), message.word(32));
        }
    }

    private void setFile(Slot slot, Message message) throws IOException {
        @Nullable
        OwnedFd file = message.descriptors().isEmpty()
                ? null
                : message.descriptors().getFirst().duplicate();
        switch (message.of()) {
            case SET_VRING_CALL -> slot.setCall(file == null ? null : EventNotifier.adopt(file));
            case SET_VRING_KICK -> {
                slot.stop();
                slot.kick = file == null ? null : EventConsumer.adopt(file);
                slot.enabled |= (features & Bits.PROTOCOL_FEATURES) == 0;
                slot.ring = (features & Bits.RING_PACKED) != 0
                        ? new FakePackedRing(memory, slot.size, slot.address, slot.base)
                        : new FakeSplitRing(memory, slot.size, slot.address, slot.base);
                if (fault == RingFault.STARTS_BEHIND) {
                    List<Taken> _ = slot.ring.takeAll();
                }
                slot.ring.flags(fault == RingFault.ODD_FLAGS ? 3 : 0);
            }
            default -> {
                if (file != null) {
                    file.close();
                }
            }
        }
    }

    private static int stop(Slot slot) {
        int base = slot.ring == null ? slot.base : slot.ring.base();
        slot.stop();
        return base;
    }

    private boolean isSuspended() {
        return (status & Bits.STATUS_SUSPEND) != 0;
    }

    private long setStatus(State state, long wanted) throws IOException {
        boolean suspend = (wanted & Bits.STATUS_SUSPEND) != 0;
        boolean ready = (features & Bits.SUSPEND) != 0 && (status & Bits.DRIVER_OK) != 0;
        boolean may = ready ? fault != RingFault.NEVER_SUSPENDS : fault == RingFault.SUSPENDS_EARLY;
        if (wanted == 0) {
            slots.values().forEach(Slot::stop);
            broken = false;
            status = 0;
        } else if (suspend && !isSuspended()) {
            broken |= ready && fault == RingFault.NEEDS_RESET;
            suspend(state, wanted, may && !broken);
        } else if (suspend || fault != RingFault.NEVER_RESUMES) {
            idle |= isSuspended() && fault == RingFault.RESUMES_IDLE;
            status = wanted;
        }
        return wanted;
    }

    private void suspend(State state, long wanted, boolean may) throws IOException {
        for (Slot slot : slots.values()) {
            if (slot.ring != null && may) {
                slot.held.addAll(slot.ring.takeAll());
            }
            if (fault != RingFault.LOSES_HELD) {
                useAll(slot, slot.held, fault != RingFault.USES_SILENTLY);
            }
            slot.held = new ArrayList<>();
        }
        status = may ? wanted : wanted & ~Bits.STATUS_SUSPEND;
        if (may && fault == RingFault.CALLS_ON) {
            slots.values().forEach(Slot::call);
        }
        if (may && fault == RingFault.TELLS_OF_CONFIG) {
            state.tellOfConfig();
        }
    }

    /// Does what is available.
    void serve() {
        boolean ready = !usesStatus || (status & Bits.DRIVER_OK) != 0;
        boolean rests = isSuspended() && fault != RingFault.WORKS_ON;
        if (!ready || rests || broken || idle) {
            return;
        }
        for (Slot slot : slots.values()) {
            if (slot.ring != null && slot.enabled) {
                serve(slot, slot.ring);
            }
        }
    }

    private void serve(Slot slot, FakeRing ring) {
        boolean kicked = slot.kick != null && isSignalled(slot.kick);
        if (!kicked && (fault == RingFault.NEEDS_KICKS || fault == RingFault.KICK_IS_REQUEST)) {
            return;
        }
        List<Taken> batch = ring.takeAll();
        if (kicked && batch.isEmpty() && slot.last != null && fault == RingFault.KICK_IS_REQUEST) {
            batch = List.of(slot.last);
        }
        if (batch.size() > 1 && fault.holds()) {
            slot.held.addAll(batch);
            return;
        }
        useAll(slot, batch, true);
    }

    private void useAll(Slot slot, List<Taken> taken, boolean calls) {
        if (taken.isEmpty() || slot.ring == null) {
            return;
        }
        List<Taken> batch = new ArrayList<>(taken);
        if (fault == RingFault.BACKWARDS) {
            Collections.reverse(batch);
        } else if (fault == RingFault.SAME_TWICE && batch.size() > 1) {
            Taken _ = batch.set(1, batch.getFirst());
        }
        for (Taken chain : batch) {
            use(slot.ring, chain);
            slot.last = chain;
        }
        if (calls) {
            slot.call();
        }
    }

    /// Answers a request by zeroes, which is a success.
    private void use(FakeRing ring, Taken chain) {
        long length = 0;
        for (MemorySegment piece : chain.writable()) {
            piece.fill((byte) 0);
            length += piece.byteSize();
        }
        if (fault == RingFault.WRITES_READABLE) {
            chain.readable().getFirst().set(Le.U16, 0, (short) -1);
        }
        if (fault == RingFault.WRITES_TABLE) {
            ring.spoilTable(chain);
        }
        ring.use(chain, length);
    }

    @Override
    public void close() {
        slots.values().forEach(slot -> {
            slot.stop();
            slot.setCall(null);
        });
        memory.close();
    }
}
