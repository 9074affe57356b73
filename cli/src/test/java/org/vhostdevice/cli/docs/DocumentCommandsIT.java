package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Runs the commands in the documents. See "Documents" in CONTRIBUTING.md.
@DisplayName("Commands in the documents")
class DocumentCommandsIT {
    private static final Map<Fence.Use, List<Fence>> DONE = new TreeMap<>();

    private BlockRun stage;

    @TestFactory
    Stream<DynamicContainer> areRunOrParsed() throws IOException {
        Map<String, List<Fence>> documents = Documents.fences().stream()
                .filter(fence -> !fence.document().equals("ARCHITECTURE.md"))
                .collect(Collectors.groupingBy(Fence::document, LinkedHashMap::new, Collectors.toList()));
        return documents.entrySet().stream()
                .filter(document -> document.getValue().stream().anyMatch(Fence::isShell))
                .map(document -> DynamicContainer.dynamicContainer(document.getKey(), tests(document.getValue())));
    }

    private Stream<DynamicTest> tests(List<Fence> fences) {
        List<DynamicTest> tests = new ArrayList<>();
        boolean runs = fences.stream().anyMatch(fence -> fence.isShell() && fence.use() == Fence.Use.RUN);
        if (runs) {
            tests.add(DynamicTest.dynamicTest("the stage is made", () -> stage = new BlockRun(Stage.create())));
        }
        for (Fence fence : fences) {
            if (fence.isShell() || fence.has("output") || fence.value("file").isPresent()) {
                tests.add(DynamicTest.dynamicTest(fence.place() + " " + fence.marks(), () -> test(fence)));
            }
        }
        if (runs) {
            tests.add(DynamicTest.dynamicTest("what was kept ends in order", this::end));
        }
        return tests.stream();
    }

    private void test(Fence fence) throws IOException, InterruptedException {
        if (fence.has("output")) {
            ShownOutput.requireIn(fence, stage.output());
        } else if (fence.value("file").isPresent()) {
            stage.write(fence.value("file").get(), fence.text());
        } else {
            command(fence);
        }
    }

    private void command(Fence fence) throws IOException, InterruptedException {
        if (fence.value("needs").isPresent()) {
            String program = fence.value("needs").get();
            assumeTrue(isOnPath(program), program + " is not on this host");
        }
        switch (fence.use()) {
            case RUN -> stage.run(fence);
            case PARSE -> BlockParse.parse(fence);
            case NONE -> {}
        }
        DONE.computeIfAbsent(fence.use(), _ -> new ArrayList<>()).add(fence);
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private void end() throws IOException, InterruptedException {
        try (BlockRun last = stage) {
            last.endKept();
        }
    }

    @AfterAll
    static void tell() {
        StringBuilder text = new StringBuilder("documents:");
        for (Fence.Use use : Fence.Use.values()) {
            text.append(" ").append(DONE.getOrDefault(use, List.of()).size()).append(" blocks ");
            text.append(
                    switch (use) {
                        case RUN -> "run,";
                        case PARSE -> "parsed,";
                        case NONE -> "not run";
                    });
        }
        for (Fence fence : DONE.getOrDefault(Fence.Use.NONE, List.of())) {
            text.append("\n  not run: ")
                    .append(fence.place())
                    .append(' ')
                    .append(fence.value("norun").orElseThrow());
        }
        System.out.println(text);
    }
}
