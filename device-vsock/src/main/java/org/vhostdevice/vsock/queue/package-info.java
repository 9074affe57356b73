/// The three queues, and the connections between packets on them and the host's ends.
@NullMarked
package org.vhostdevice.vsock.queue;

import org.jspecify.annotations.NullMarked;
