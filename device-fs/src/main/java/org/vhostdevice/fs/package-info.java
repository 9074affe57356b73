/// The virtio file system device (VIRTIO 1.4, 5.11): options, features, configuration.
@NullMarked
package org.vhostdevice.fs;

import org.jspecify.annotations.NullMarked;
