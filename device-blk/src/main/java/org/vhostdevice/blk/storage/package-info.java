/// Where the bytes of a disk are kept, and what lies between them and a queue.
@NullMarked
package org.vhostdevice.blk.storage;

import org.jspecify.annotations.NullMarked;
