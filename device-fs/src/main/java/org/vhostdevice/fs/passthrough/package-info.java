/// A directory of this host as a file system, reached through descriptors only.
@NullMarked
package org.vhostdevice.fs.passthrough;

import org.jspecify.annotations.NullMarked;
