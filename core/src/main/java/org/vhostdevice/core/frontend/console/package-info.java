/// The driver's side of a virtio console device, on the front end's queues.
@NullMarked
package org.vhostdevice.core.frontend.console;

import org.jspecify.annotations.NullMarked;
