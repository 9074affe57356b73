/// Tests of the tools, with the host's own shells and formatters.
@NullMarked
package org.vhostdevice.packaging;

import org.jspecify.annotations.NullMarked;
