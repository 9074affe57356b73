/// Where a file system device is confined to, and what it may still do there.
@NullMarked
package org.vhostdevice.fs.sandbox;

import org.jspecify.annotations.NullMarked;
