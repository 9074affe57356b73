/// What the author of a device sees: the services and types that a device implements or is lent.
@NullMarked
package org.vhostdevice.core.device;

import org.jspecify.annotations.NullMarked;
