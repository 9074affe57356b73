/// Conformance checks of any vhost-user back end, written from the specifications.
@NullMarked
package org.vhostdevice.core.check;

import org.jspecify.annotations.NullMarked;
