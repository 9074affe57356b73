/// The vhost-user protocol as values: messages, their encoding and their limits, without any I/O.
@NullMarked
package org.vhostdevice.core.protocol;

import org.jspecify.annotations.NullMarked;
