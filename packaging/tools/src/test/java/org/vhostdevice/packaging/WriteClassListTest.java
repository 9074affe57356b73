package org.vhostdevice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.constantpool.InvokeDynamicEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteClassListTest {
    private static final String SHA = "@cp org/vhostdevice/packaging/Sha256";

    @TempDir
    private Path folder;

    private List<String> listOf(String... found) throws IOException {
        Path list = Files.write(folder.resolve("found"), List.of(found));
        WriteClassList.main(
                new String[] {list.toString(), folder.resolve("list").toString()});
        return Files.readAllLines(folder.resolve("list"));
    }

    @Test
    void sortsClassesBeforeWhatIsSaidOfThemAndLeavesNumbersOut() throws IOException {
        assertEquals(
                List.of("a/A", "a/A$1 super: 7", "b/B", "@lambda-form-invoker x", "@lambda-proxy a/A y"),
                listOf(
                        "# made by a JVM",
                        "@lambda-proxy a/A y",
                        "b/B id: 12",
                        "a/A id: 7",
                        "@lambda-form-invoker x",
                        "a/A$1 super: 7 id: 13",
                        "a/A id: 7"));
    }

    @Test
    void namesAllReferencesOfAClassWhicheverTheRunHasResolved() throws IOException {
        List<String> lines = listOf(SHA + " 1 3");
        assertEquals(lines, listOf(SHA + " 4"));
        assertTrue(lines.getFirst().startsWith(SHA + " 1 "), lines.toString());
    }

    @Test
    void namesCallSitesThatTheRunHasResolvedAndNoOthers() throws IOException {
        String program = "@cp org/vhostdevice/packaging/WriteClassList";
        String without = listOf(program + " 1").getFirst();
        List<Integer> sites = callSites();
        String with = listOf(program + " 1 " + sites.getFirst()).getFirst();
        assertTrue(indices(with).contains(String.valueOf(sites.getFirst())), with);
        assertEquals(indices(without).size() + 1, indices(with).size());
        assertFalse(indices(with).contains(String.valueOf(sites.getLast())), with);
    }

    private static List<String> indices(String line) {
        return List.of(line.split(" "));
    }

    /// The indices of the constants that call sites of the program have.
    private static List<Integer> callSites() throws IOException {
        List<Integer> sites = new ArrayList<>();
        for (PoolEntry entry : WriteClassList.pool("org/vhostdevice/packaging/WriteClassList")) {
            if (entry instanceof InvokeDynamicEntry) {
                sites.add(entry.index());
            }
        }
        return sites;
    }

    @Test
    void refusesAClassThatIsNotThere() {
        assertThrows(IllegalArgumentException.class, () -> listOf("@cp a/Missing 1"));
    }

    @Test
    void wantsTwoArguments() {
        assertThrows(IllegalArgumentException.class, () -> WriteClassList.main(new String[0]));
    }
}
