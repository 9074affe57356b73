/// The vhost-user socket: whole messages together with the descriptors that belong to them.
@NullMarked
package org.vhostdevice.core.transport;

import org.jspecify.annotations.NullMarked;
