package org.vhostdevice.core.frontend.fuse;

import java.io.IOException;
import java.time.Duration;
import org.vhostdevice.core.frontend.LoadReport;

/// Something that keeps a file system device busy. One thread.
public interface FuseActivity {
    /// Runs it for a time. May be called several times.
    ///
    /// @param time how long requests are made
    /// @return what was measured
    /// @throws IOException if the back end fails, or breaks a rule
    LoadReport run(Duration time) throws IOException;

    /// Does what is to be done at the end, such as a last check, and removes what was made.
    ///
    /// @throws IOException if the back end fails or refuses, or breaks a rule
    void finish() throws IOException;
}
