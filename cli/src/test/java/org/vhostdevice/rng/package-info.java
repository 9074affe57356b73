/// The example of docs/embedding.md: an entropy device.
@NullMarked
package org.vhostdevice.rng;

import org.jspecify.annotations.NullMarked;
