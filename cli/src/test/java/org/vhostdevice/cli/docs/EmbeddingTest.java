package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.cli.ProgramHere;
import org.vhostdevice.rng.RngServer;

@DisplayName("docs/embedding.md")
class EmbeddingTest {
    private static final String DOCUMENT = "docs/embedding.md";
    private static final String SOURCES = "cli/src/test/java/org/vhostdevice/rng/";

    /// Whole files are shown without package, imports and the comment of the class; others are a part of one.
    @Test
    void showsCodeThatIsCompiledAndTested() throws IOException {
        List<Fence> shown = Fence.in(DOCUMENT, Documents.text(DOCUMENT)).stream()
                .filter(fence -> fence.language().equals("java"))
                .toList();
        assertTrue(shown.size() >= 4, () -> "only " + shown.size());
        for (Fence fence : shown) {
            String file = Documents.text(SOURCES + fence.value("from").orElseThrow());
            assertTrue(file.contains(fence.text()), () -> fence.place() + " differs from the file");
        }
    }

    @Test
    void theServiceIsACommand() throws IOException {
        assertTrue(ProgramHere.run("rng", "--help").contains("--max-bytes"));
        ProgramHere.parse(List.of("rng", "--socket", "/run/rng.sock", "--max-bytes", "16"));
    }

    @Test
    void theServiceFileIsShown() throws IOException {
        String service = Files.readString(Documents.ROOT.resolve(
                "cli/src/test/resources/META-INF/services/org.vhostdevice.core.device.DeviceProvider"));
        assertTrue(Documents.text(DOCUMENT).contains("```text\n" + service + "```"));
    }

    @Test
    void theExampleObeysWhatIsCheckedOfAnyDevice(@TempDir Path folder) throws Exception {
        Path socket = folder.resolve("s");
        try (RngServer _ = new RngServer(socket)) {
            String report = ProgramHere.run("check", "--socket", socket.toString());
            assertTrue(report.contains("ok   "), report);
        }
    }
}
