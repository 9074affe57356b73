/// The host: typed wrappers over native calls, and the one place that knows which system this is.
@NullMarked
package org.vhostdevice.core.sys;

import org.jspecify.annotations.NullMarked;
