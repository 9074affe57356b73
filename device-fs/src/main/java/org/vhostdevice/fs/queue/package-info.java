/// The queues of the device: chains to requests, threads for those that wait.
@NullMarked
package org.vhostdevice.fs.queue;

import org.jspecify.annotations.NullMarked;
