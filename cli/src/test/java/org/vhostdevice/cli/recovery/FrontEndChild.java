package org.vhostdevice.cli.recovery;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.vhostdevice.core.frontend.DriverFeature;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.sys.Notification;

/// A front end that writes until it is killed, and prints each write before it is made available (`I block version`)
/// and after it was acknowledged (`A block version`).
final class FrontEndChild {
    private FrontEndChild() {}

    /// Writes until the end.
    ///
    /// @param arguments socket, blocks of the disk, seed, version that is there, whether the ring is
    ///     packed, kind of notifications
    public static void main(String[] arguments) throws IOException {
        int blocks = Integer.parseInt(arguments[1]);
        int version = Integer.parseInt(arguments[3]);
        FrontendOptions options = FrontendOptions.defaults().withNotifications(Notification.Kind.valueOf(arguments[5]));
        if (Boolean.parseBoolean(arguments[4])) {
            options = options.withFeatures(DriverFeature.RING_PACKED);
        }
        try (OutputStream out = new FileOutputStream(FileDescriptor.out);
                Frontend frontend = Frontend.attach(Path.of(arguments[0]), options)) {
            var random = new SplittableRandom(Long.parseLong(arguments[2]));
            var load = new WriteLoad(frontend, blocks, random, new Printed(out));
            for (int block = 0; block < blocks; block++) {
                load.continueFrom(block, version);
            }
            out.write("attached\n".getBytes(StandardCharsets.US_ASCII));
            load.begin();
            while (true) {
                load.goOn();
            }
        }
    }

    private record Printed(OutputStream out) implements WriteLoad.Journal {
        @Override
        public void issued(int block, int version) throws IOException {
            print('I', block, version);
        }

        @Override
        public void acknowledged(int block, int version) throws IOException {
            print('A', block, version);
        }

        // By one write each, which a kill does not cut.
        private void print(char what, int block, int version) throws IOException {
            out.write((what + " " + block + " " + version + "\n").getBytes(StandardCharsets.US_ASCII));
        }
    }
}
