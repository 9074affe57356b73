/// Connections as a state machine with accounts of credit: knows neither sockets nor rings.
@NullMarked
package org.vhostdevice.vsock.connection;

import org.jspecify.annotations.NullMarked;
