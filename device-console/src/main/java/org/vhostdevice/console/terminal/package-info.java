/// The terminal of the person who runs the program: its modes, its size, its escape key, and what leads to it.
@NullMarked
package org.vhostdevice.console.terminal;

import org.jspecify.annotations.NullMarked;
