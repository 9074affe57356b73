/// Programs of the build that write manual pages and completions from the command's own options.
@NullMarked
package org.vhostdevice.packaging;

import org.jspecify.annotations.NullMarked;
