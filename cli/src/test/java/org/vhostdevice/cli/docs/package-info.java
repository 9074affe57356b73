/// Tests of what the documents say: commands, options, examples of code, figures.
@NullMarked
package org.vhostdevice.cli.docs;

import org.jspecify.annotations.NullMarked;
