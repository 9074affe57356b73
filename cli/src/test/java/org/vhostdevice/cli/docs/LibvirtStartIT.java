package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.cli.SocketActivation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.fuse.FuseDriver;
import org.vhostdevice.core.frontend.fuse.FuseSession;

/// The file system device as libvirt starts it: by the name of its launcher, with a socket that listens already.
@DisplayName("Started by libvirt")
class LibvirtStartIT {
    private static final long LIMIT_SECONDS = 30;

    private Stage stage;

    @BeforeEach
    void makeStage() throws IOException {
        stage = Stage.create();
        Files.writeString(stage.file("/srv/vm1/hello"), "hello");
    }

    @AfterEach
    void closeStage() throws IOException {
        stage.close();
    }

    @Test
    void itSaysWhatItCanDo() throws Exception {
        assertEquals(
                "{\"type\":\"fs\",\"features\":[\"separate-options\"]}\n",
                stage.run("vhost-device-fs --print-capabilities", 0));
    }

    /// What libvirt says of a plain domain, of one with every option that it knows, and of an old virtiofsd. The
    /// sandbox is what the host allows.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "--fd={fd} --shared-dir {dir}",
                "--fd={fd} --shared-dir {dir} --cache always --sandbox {sandbox} --xattr --thread-pool-size=4"
                        + " --rlimit-nofile=4096 --log-level debug",
                "--fd={fd} -o source={dir},cache=always,sandbox={sandbox},xattr,flock,posix_lock -d"
            })
    void itServesTheListeningSocketThatItInherits(String options) throws Exception {
        Path socket = stage.file("/run/vm1-fs.sock");
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                SocketActivation.class.getName(),
                socket.toString(),
                stage.program("vhost-device-fs").toString()));
        Stream.of(options.split(" "))
                .map(word ->
                        word.replace("{dir}", stage.file("/srv/vm1").toString()).replace("{sandbox}", "none"))
                .forEach(words::add);
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        try (BufferedReader lines = process.inputReader()) {
            String line = lines.readLine();
            while (line != null && !line.contains("serving fs on file descriptor")) {
                line = lines.readLine();
            }
            assertTrue(line != null, () -> "ended with status " + process.exitValue());
            assertTrue(hasFile(socket, "hello"));
            process.destroy();
            assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    private static boolean hasFile(Path socket, String name) throws IOException {
        try (Frontend frontend = Frontend.attach(socket, FuseDriver.prepare(FrontendOptions.defaults()))) {
            FuseSession session = FuseSession.begin(new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
            return session.lookup(1, name).size() == name.length();
        }
    }
}
