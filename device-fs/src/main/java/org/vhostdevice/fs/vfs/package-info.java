/// What a file server does, without a wire format: the operations of a file system, and what they take and give.
@NullMarked
package org.vhostdevice.fs.vfs;

import org.jspecify.annotations.NullMarked;
