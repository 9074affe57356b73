package org.vhostdevice.console.port;

import java.lang.foreign.MemorySegment;
import org.vhostdevice.console.end.Output;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.GuestBuffers;

/// Chains of the guest with bytes to put out, in the order of the ring, written together by one call. Worker's thread.
final class ChainOutput implements Output {
    /// The most chains held at a time; more stay in the ring.
    static final int MOST = 64;

    private final DescriptorChain[] chains = new DescriptorChain[MOST];
    private final IoVecs vectors = new IoVecs();
    private int count;
    /// Bytes of the first chain that are out already.
    private long skip;

    boolean isEmpty() {
        return count == 0;
    }

    boolean isFull() {
        return count == MOST;
    }

    void add(DescriptorChain chain) {
        chains[count] = chain;
        count++;
    }

    /// Makes what is left the next bytes to be written. Chains without bytes are given back.
    ///
    /// @return whether there are any
    boolean gather() {
        remove(0);
        vectors.clear();
        long from = skip;
        for (int i = 0; i < count; i++) {
            GuestBuffers part = chains[i].readable();
            long bytes = part.length() - from;
            if (part.addTo(vectors, from, bytes) < bytes) {
                break;
            }
            from = 0;
        }
        return count > 0;
    }

    /// Gives back the chains whose bytes are all out.
    ///
    /// @param bytes that are out now
    void remove(long bytes) {
        long left = bytes;
        int done = 0;
        while (done < count && chains[done].readable().length() - skip <= left) {
            left -= chains[done].readable().length() - skip;
            skip = 0;
            chains[done].complete(0);
            done++;
        }
        skip += left;
        drop(done);
    }

    private void drop(int done) {
        if (done > 0) {
            System.arraycopy(chains, done, chains, 0, count - done);
            count -= done;
        }
    }

    /// Forgets the chains of which no byte is out, without giving them back.
    void keepOnlyBegun() {
        count = skip > 0 ? 1 : 0;
    }

    /// Forgets all chains, without giving them back.
    void forget() {
        skip = 0;
        keepOnlyBegun();
    }

    @Override
    public long length() {
        return vectors.total();
    }

    @Override
    public IoVecs vectors() {
        return vectors;
    }

    @Override
    public void copy(long position, MemorySegment into, long bytes) {
        long done = 0;
        long at = position + skip;
        for (int i = 0; done < bytes; i++) {
            GuestBuffers part = chains[i].readable();
            long some = Math.min(bytes - done, part.length() - at);
            if (some > 0) {
                part.read(at, into.asSlice(done), some);
                done += some;
            }
            at = Math.max(0, at - part.length());
        }
    }
}
