package org.vhostdevice.packaging;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

class FishCompletionTest extends CompletionContract {
    @Override
    String shell() {
        return "fish";
    }

    @Override
    String complete(Path scripts, String line) throws IOException {
        Path script = scripts.resolve(line.substring(0, line.indexOf(' ')) + ".fish");
        String offered = HostTool.run(
                scripts,
                List.of("fish", "--no-config", HostTool.resource("shells/complete.fish"), script.toString(), line));
        // Behind a tabulator is what the word means.
        String words = offered.strip().replaceAll("\t[^\n]*", "");
        return line.substring(0, line.lastIndexOf(' ') + 1) + words;
    }
}
