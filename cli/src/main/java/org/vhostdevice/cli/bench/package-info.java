/// Load on any vhost-user back end, and what it costs: the command `bench`.
@NullMarked
package org.vhostdevice.cli.bench;

import org.jspecify.annotations.NullMarked;
