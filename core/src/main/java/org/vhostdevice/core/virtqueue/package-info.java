/// Virtqueues: the split ring, its descriptor chains and the order in which they are read and written.
@NullMarked
package org.vhostdevice.core.virtqueue;

import org.jspecify.annotations.NullMarked;
