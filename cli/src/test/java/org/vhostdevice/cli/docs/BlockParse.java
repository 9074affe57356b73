package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.vhostdevice.cli.ProgramHere;

/// Checks the options of commands that are not run, each as well as that goes without running it: ours by our parser,
/// QEMU's by what it says of its devices and objects, those of User Mode Linux by the number of the device, those of
/// the build by what there is to build and to test.
final class BlockParse {
    private static final Pattern ASSIGNMENT = Pattern.compile("\\w+='?(?:\\./)?vhost-device (.*?)'?$", Pattern.DOTALL);
    private static final Pattern UML = Pattern.compile("virtio_uml\\.device=([^:]+):(\\d+)");
    private static final Set<String> VIRTIO_IDS = Set.of("2", "3", "19", "26");
    private static final String ELLIPSIS = "…";

    private BlockParse() {}

    /// Checks all commands of a block.
    static void parse(Fence block) throws IOException {
        for (String command : ShellText.commands(block.text())) {
            try {
                parse(command);
            } catch (RuntimeException e) {
                throw new AssertionError(command + ": " + e.getMessage(), e);
            }
        }
    }

    private static void parse(String command) throws IOException {
        Matcher assignment = ASSIGNMENT.matcher(command);
        List<String> words = assignment.matches()
                ? Stream.concat(Stream.of("vhost-device"), ShellText.words(assignment.group(1)).stream())
                        .toList()
                : ShellText.words(command);
        List<String> options =
                words.stream().skip(1).filter(word -> !word.equals(ELLIPSIS)).toList();
        String program = words.getFirst().replaceFirst("^\\./", "");
        if (program.equals("vhost-device")) {
            ProgramHere.parse(options);
        } else if (program.startsWith("vhost-device-")) {
            String type = program.substring("vhost-device-".length());
            ProgramHere.parse(Stream.concat(Stream.of(type), options.stream()).toList());
        } else if (program.startsWith("qemu-system-")) {
            QemuWords.check(options);
        } else if (program.equals("linux")) {
            Matcher device = UML.matcher(command);
            assertTrue(device.find() && VIRTIO_IDS.contains(device.group(2)), command);
        } else if (program.equals("mvnw")) {
            checkBuild(options);
        }
    }

    private static void checkBuild(List<String> options) throws IOException {
        String poms = Files.readString(Documents.ROOT.resolve("pom.xml"))
                + Files.readString(Documents.ROOT.resolve("core/pom.xml"));
        for (int i = 0; i < options.size(); i++) {
            String option = options.get(i);
            if (option.startsWith("-P")) {
                assertTrue(poms.contains("<id>" + option.substring(2) + "</id>"), "no profile " + option);
            } else if (option.equals("-pl")) {
                for (String module : options.get(i + 1).split(",", -1)) {
                    assertTrue(Files.exists(Documents.ROOT.resolve(module).resolve("pom.xml")), "no module " + module);
                }
            } else if (option.startsWith("-Dtest=") || option.startsWith("-Dit.test=")) {
                checkTests(option.substring(option.indexOf('=') + 1));
            }
        }
    }

    private static void checkTests(String names) throws IOException {
        for (String name : names.split(",", -1)) {
            String file = name.replaceFirst("#.*", "") + ".java";
            try (Stream<Path> files = Files.find(
                    Documents.ROOT,
                    20,
                    (path, _) -> path.endsWith(file) && path.toString().contains("/src/test/"))) {
                assertTrue(name.equals("none") || files.findAny().isPresent(), "no test " + name);
            }
        }
    }
}
