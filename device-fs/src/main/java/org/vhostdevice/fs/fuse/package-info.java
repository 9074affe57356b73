/// The FUSE protocol of Linux guests: requests taken apart and checked, answers put together.
@NullMarked
package org.vhostdevice.fs.fuse;

import org.jspecify.annotations.NullMarked;
