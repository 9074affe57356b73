/// The command that says what this host can do, and what is in the way.
@NullMarked
package org.vhostdevice.cli.doctor;

import org.jspecify.annotations.NullMarked;
