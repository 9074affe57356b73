/// The driver's side of a virtio file system device, on the front end's queues.
@NullMarked
package org.vhostdevice.core.frontend.fuse;

import org.jspecify.annotations.NullMarked;
