package org.vhostdevice.fs.fuse;

import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.fs.vfs.FsException;

/// Agrees with the guest on the protocol (INIT).
final class InitRequests {
    /// The protocol's major version.
    static final int MAJOR = 7;

    /// The newest version that is spoken, 7.45.
    static final int MINOR = 45;

    /// The oldest version that is understood, 7.27.
    static final int LEAST_MINOR = 27;

    /// Most bytes of a READ or WRITE.
    static final int MAX_WRITE = 1 << 20;

    private static final int PAGE = 4096;
    private static final int MAX_PAGES = MAX_WRITE / PAGE;

    /// What guests take without [InitFlag#MAX_PAGES].
    private static final int USUAL_PAGES = 32;

    private static final int MAX_BACKGROUND = 65_535;
    private static final int CONGESTION_THRESHOLD = MAX_BACKGROUND / 4 * 3;
    private static final int RESERVED = 28;

    private final long supported;

    InitRequests(FuseOptions options) {
        supported = InitFlag.supported(options);
    }

    /// Reads a request, and writes the answer.
    ///
    /// @return what was agreed on; [Session#NONE] if the guest is to ask again with another version
    Session init(FuseCall call) throws FsException {
        RequestReader in = call.in();
        int major = in.u32();
        int minor = in.u32();
        if (major < 0 || major > MAJOR) {
            answer(call, new Session(false, in.swapped(), MINOR, 0), 0);
            return Session.NONE;
        }
        if (major < MAJOR || Integer.compareUnsigned(minor, LEAST_MINOR) < 0) {
            throw FsException.of(Errno.EPROTO);
        }
        int readAhead = in.u32();
        long offered = Integer.toUnsignedLong(in.u32());
        if ((offered & InitFlag.INIT_EXT.mask()) != 0) {
            offered |= Integer.toUnsignedLong(in.u32()) << 32;
        }
        int common = Integer.compareUnsigned(minor, MINOR) < 0 ? minor : MINOR;
        Session session = new Session(true, in.swapped(), common, offered & supported);
        answer(call, session, readAhead);
        return session;
    }

    private static void answer(FuseCall call, Session session, int readAhead) {
        boolean large = session.has(InitFlag.MAX_PAGES);
        ReplyWriter out = call.out();
        out.u32(MAJOR);
        out.u32(session.minor());
        out.u32(readAhead);
        out.u32((int) session.flags());
        out.u16(MAX_BACKGROUND);
        out.u16(CONGESTION_THRESHOLD);
        out.u32(large ? MAX_WRITE : USUAL_PAGES * PAGE);
        out.u32(1); // time_gran: times are exact to the nanosecond
        out.u16(large ? MAX_PAGES : 0);
        out.u16(0); // map_alignment
        out.u32((int) (session.flags() >>> 32));
        out.zero(RESERVED);
    }
}
