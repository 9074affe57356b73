/// The virtio console device (VIRTIO 1.4, 5.3): options, features, configuration.
@NullMarked
package org.vhostdevice.console;

import org.jspecify.annotations.NullMarked;
