/// Ports and their queues (VIRTIO 1.4, 5.3.6): bytes between guest and host ends, and the control messages about them.
@NullMarked
package org.vhostdevice.console.port;

import org.jspecify.annotations.NullMarked;
