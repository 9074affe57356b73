/// Back ends that commands start, and the processes that belong to them.
@NullMarked
package org.vhostdevice.cli.child;

import org.jspecify.annotations.NullMarked;
