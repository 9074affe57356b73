/// Storage that a server keeps: a client of the NBD protocol (`doc/proto.md` and `doc/uri.md` of the NBD project).
@NullMarked
package org.vhostdevice.blk.nbd;

import org.jspecify.annotations.NullMarked;
