package org.vhostdevice.core.virtqueue;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.GuestMemory;

/// The snapshots of guest memory that a ring needs: the newest, and older ones in which chains in flight lie. Holds
/// each as long as it is needed, and not one longer.
final class MemoryGenerations {
    /// The most snapshots held at once. A device that keeps a chain for ever keeps one, however often memory changes.
    static final int MAX = 64;

    private final @Nullable GuestMemory[] memories = new GuestMemory[MAX];
    private final int[] chains = new int[MAX];
    private int newest;
    private int held;

    /// Whether there is room for another snapshot.
    boolean hasRoom() {
        return held < MAX;
    }

    /// Takes up another snapshot, for chains from now on. There is room.
    void begin(GuestMemory memory) {
        int free = 0;
        while (memories[free] != null) {
            free++;
        }
        memory.retain();
        memories[free] = memory;
        held++;
        newest = free;
    }

    /// Counts a chain in the newest snapshot.
    ///
    /// @return the snapshot's number, for [#returned]
    int taken() {
        chains[newest]++;
        return newest;
    }

    /// Counts a chain no longer.
    void returned(int generation) {
        chains[generation]--;
    }

    /// Releases what no chain needs any more.
    void releaseUnused() {
        if (held == 1) {
            return;
        }
        for (int i = 0; i < MAX; i++) {
            if (i != newest && chains[i] == 0) {
                release(i);
            }
        }
    }

    /// Releases all.
    void releaseAll() {
        for (int i = 0; i < MAX; i++) {
            release(i);
        }
    }

    /// How many snapshots are held.
    int held() {
        return held;
    }

    private void release(int generation) {
        GuestMemory memory = memories[generation];
        if (memory != null) {
            memory.release();
            memories[generation] = null;
            held--;
        }
    }
}
