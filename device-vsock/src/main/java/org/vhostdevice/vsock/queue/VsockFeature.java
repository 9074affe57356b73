package org.vhostdevice.vsock.queue;

/// Feature bits of socket devices (VIRTIO 1.4, 5.10.3).
public final class VsockFeature {
    /// There are sockets of streams.
    public static final int STREAM = 0;

    /// There are sockets that keep the borders of messages.
    public static final int SEQPACKET = 1;

    /// There are sockets of streams only if [#STREAM] says so.
    public static final int NO_IMPLIED_STREAM = 2;

    private VsockFeature() {}
}
