/// The host's ends of ports: what puts out the guest's bytes, and where its input comes from.
@NullMarked
package org.vhostdevice.console.end;

import org.jspecify.annotations.NullMarked;
