/// What is left when one side of a connection is killed under load.
@NullMarked
package org.vhostdevice.cli.recovery;

import org.jspecify.annotations.NullMarked;
