package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs the commands of a document, block by block. What serves a device is started and left running until the end of
/// its block, or of the document if the block says `keep`. What attaches to a console ends with that.
final class BlockRun implements AutoCloseable {
    private static final String VIEWER = "vhost-device console attach ";
    private static final long LIMIT_SECONDS = 30;

    private final Stage stage;
    private final List<Process> viewers = new ArrayList<>();
    private final List<ServerRun> kept = new ArrayList<>();
    private String output = "";

    BlockRun(Stage stage) {
        this.stage = stage;
    }

    /// What the last command of the last block has printed.
    String output() {
        return output;
    }

    /// Writes a file that a document shows.
    void write(String name, String text) throws IOException {
        Files.writeString(stage.work().resolve(name), stage.staged(text));
    }

    /// Runs a block.
    void run(Fence block) throws IOException, InterruptedException {
        if (block.text().contains("qemu-system-")) {
            stage.addQemu();
        }
        int status = block.value("exit").map(Integer::valueOf).orElse(0);
        List<ServerRun> servers = new ArrayList<>();
        try {
            for (String command : ShellText.commands(block.text())) {
                if (status == 0 && ServerRun.serves(command)) {
                    ServerRun server = ServerRun.start(stage, command);
                    servers.add(server);
                    output = stage.documented(server.output());
                } else if (status == 0 && command.startsWith(VIEWER)) {
                    String socket = command.substring(VIEWER.length());
                    stage.await(socket, 1);
                    viewers.add(stage.start(command));
                    stage.await(socket, 2);
                } else {
                    output = stage.run(command, status);
                }
            }
            for (ServerRun server : servers) {
                server.attach();
            }
            if (block.has("keep")) {
                kept.addAll(servers);
                servers.clear();
            }
            end(servers);
        } finally {
            servers.forEach(ServerRun::close);
        }
    }

    /// Ends what still serves, in order.
    void endKept() throws InterruptedException {
        end(kept);
    }

    private void end(List<ServerRun> servers) throws InterruptedException {
        for (ServerRun server : servers.reversed()) {
            server.end();
        }
        servers.clear();
        if (kept.isEmpty()) {
            for (Process viewer : viewers) {
                assertTrue(viewer.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), "a viewer does not end");
                assertEquals(0, viewer.exitValue(), () -> Stage.text(viewer));
            }
            viewers.clear();
        }
    }

    @Override
    public void close() throws IOException {
        viewers.forEach(Process::destroyForcibly);
        kept.forEach(ServerRun::close);
        stage.close();
    }
}
