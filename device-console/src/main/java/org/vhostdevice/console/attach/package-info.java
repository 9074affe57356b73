/// The command that attaches a terminal to a port of a device that runs in another process.
@NullMarked
package org.vhostdevice.console.attach;

import org.jspecify.annotations.NullMarked;
