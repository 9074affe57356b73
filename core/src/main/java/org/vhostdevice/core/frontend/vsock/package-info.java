/// The driver's side of a virtio socket device, on the front end's queues.
@NullMarked
package org.vhostdevice.core.frontend.vsock;

import org.jspecify.annotations.NullMarked;
