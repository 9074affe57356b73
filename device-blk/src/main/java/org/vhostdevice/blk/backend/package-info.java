/// Where the bytes of a block device are kept. The only package of this module that uses the host's files.
@NullMarked
package org.vhostdevice.blk.backend;

import org.jspecify.annotations.NullMarked;
