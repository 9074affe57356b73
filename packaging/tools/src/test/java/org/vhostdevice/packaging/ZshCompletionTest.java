package org.vhostdevice.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class ZshCompletionTest extends CompletionContract {
    @Override
    String shell() {
        return "zsh";
    }

    @Override
    String complete(Path scripts, String line) throws IOException {
        Path result = folder.resolve("result");
        boolean _ = Files.deleteIfExists(result);
        String _ = HostTool.run(
                scripts,
                List.of(
                        "zsh",
                        "-f",
                        HostTool.resource("shells/complete.zsh"),
                        scripts.toString(),
                        line,
                        result.toString()));
        // Behind a whole word zsh puts a blank, behind an option with a value '='.
        return Files.readString(result).strip().replaceFirst("=$", "");
    }
}
