/// The command line of vhost-device.
@NullMarked
package org.vhostdevice.cli;

import org.jspecify.annotations.NullMarked;
