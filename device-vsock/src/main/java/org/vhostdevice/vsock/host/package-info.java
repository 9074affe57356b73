/// The host's ends of connections, and who connects them.
@NullMarked
package org.vhostdevice.vsock.host;

import org.jspecify.annotations.NullMarked;
