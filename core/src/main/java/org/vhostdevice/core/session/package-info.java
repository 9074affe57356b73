/// Serving front ends: the control thread, the ring workers and the staged stop.
@NullMarked
package org.vhostdevice.core.session;

import org.jspecify.annotations.NullMarked;
