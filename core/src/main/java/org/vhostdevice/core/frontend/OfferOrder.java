package org.vhostdevice.core.frontend;

/// The chains in the device's hands, in the order in which they were offered.
final class OfferOrder {
    private final int[] heads;
    private int oldest;
    private int count;

    OfferOrder(int size) {
        heads = new int[size];
    }

    void clear() {
        oldest = 0;
        count = 0;
    }

    void add(int head) {
        int at = oldest + count;
        heads[at < heads.length ? at : at - heads.length] = head;
        count++;
    }

    /// The oldest one, if there is one.
    int peek() {
        return heads[oldest];
    }

    /// Removes the oldest one, which there is.
    int remove() {
        int head = heads[oldest];
        oldest = oldest + 1 < heads.length ? oldest + 1 : 0;
        count--;
        return head;
    }
}
