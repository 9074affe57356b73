/// The virtio socket device (VIRTIO 1.4, 5.10): options, features, configuration.
@NullMarked
package org.vhostdevice.vsock;

import org.jspecify.annotations.NullMarked;
