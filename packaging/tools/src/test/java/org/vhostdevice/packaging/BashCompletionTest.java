package org.vhostdevice.packaging;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class BashCompletionTest extends CompletionContract {
    @Override
    String shell() {
        return "bash";
    }

    @Override
    String complete(Path scripts, String line) throws IOException {
        // bash breaks words at '=' too.
        List<String> words = new ArrayList<>(Arrays.asList(line.split(" |(?==)|(?<==)", -1)));
        List<String> command = new ArrayList<>(List.of(
                "bash",
                "--norc",
                HostTool.resource("shells/complete.bash"),
                scripts.resolve(words.getFirst()).toString()));
        command.addAll(words);
        String word = HostTool.run(scripts, command).strip();
        return line.substring(0, line.length() - words.getLast().length()) + word;
    }
}
