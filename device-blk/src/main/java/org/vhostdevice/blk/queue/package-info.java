/// The requests of one queue: parsed, checked, transferred and answered.
@NullMarked
package org.vhostdevice.blk.queue;

import org.jspecify.annotations.NullMarked;
