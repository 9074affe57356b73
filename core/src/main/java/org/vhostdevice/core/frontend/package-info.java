/// The other end of the protocol: a vhost-user front end with the driver's side of the rings.
@NullMarked
package org.vhostdevice.core.frontend;

import org.jspecify.annotations.NullMarked;
