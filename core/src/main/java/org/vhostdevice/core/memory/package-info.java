/// The guest's memory: immutable snapshots of its regions and checked translation of addresses.
@NullMarked
package org.vhostdevice.core.memory;

import org.jspecify.annotations.NullMarked;
