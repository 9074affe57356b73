package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Nothing in the documents that looks like a command escapes [DocumentCommandsIT].
@DisplayName("Blocks in the documents")
class DocumentFencesTest {
    private static final Set<String> OTHER_LANGUAGES =
            Set.of("text", "yaml", "java", "xml", "json", "ini", "properties", "ruby", "make");
    private static final Pattern COMMAND = Pattern.compile(
            "(?m)^(?:[$#] |sudo |(?:\\./)?(?:vhost-device|qemu|mvnw|mvn|linux|socat|virsh|systemctl|apt|brew|pkg)\\b)");

    @Test
    void haveALanguage() throws IOException {
        List<String> bare = Documents.fences().stream()
                .filter(fence -> !fence.isShell() && !OTHER_LANGUAGES.contains(fence.language()))
                .map(Fence::place)
                .toList();
        assertEquals(List.of(), bare, "say sh, or what else it is, behind the opening fence");
    }

    @Test
    void areShellIfTheyHaveCommands() throws IOException {
        List<String> hidden = Documents.fences().stream()
                .filter(fence -> !fence.isShell() && !fence.has("output"))
                .filter(fence -> COMMAND.matcher(fence.text()).find())
                .map(Fence::place)
                .toList();
        assertEquals(List.of(), hidden);
    }

    @Test
    void haveMarksThatMeanSomething() throws IOException {
        List<Fence> commands =
                Documents.fences().stream().filter(Fence::isShell).toList();
        assertFalse(commands.isEmpty());
        List<String> wrong = commands.stream()
                .filter(fence -> !fence.unknownMarks().isEmpty())
                .map(fence -> fence.place() + " " + fence.unknownMarks())
                .toList();
        assertEquals(List.of(), wrong);
    }
}
