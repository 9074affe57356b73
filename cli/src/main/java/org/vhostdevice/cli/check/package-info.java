/// The command that checks any back end.
@NullMarked
package org.vhostdevice.cli.check;

import org.jspecify.annotations.NullMarked;
