/// The qcow2 image format: a disk in a file that holds only what was written, over a backing file if it has one.
@NullMarked
package org.vhostdevice.blk.qcow2;

import org.jspecify.annotations.NullMarked;
