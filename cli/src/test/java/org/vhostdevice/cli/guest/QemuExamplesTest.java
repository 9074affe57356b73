package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The commands of QEMU in the README say of the device and of memory what those say with which the tests in this
/// package boot guests.
@DisplayName("QEMU in the README")
class QemuExamplesTest {
    private static final Pattern COMMAND = Pattern.compile("(?m)^qemu-system-x86_64 (?:.*\\\\\n)*.*$");

    /// What examples may choose.
    private static final List<String> FREE =
            List.of("id", "chardev", "size", "path", "num_vqs", "num-queues", "vq_size");

    static Stream<GuestDevice> devices() {
        return Stream.of(GuestDevice.BLK, GuestDevice.FS, GuestDevice.VSOCK, GuestDevice.console(1));
    }

    @ParameterizedTest
    @MethodSource("devices")
    void isWhatGuestsAreBootedWith(GuestDevice device) throws IOException {
        String booted = device.qemu().device();
        String model = booted.replaceFirst(",.*", "");
        List<String> shown = commands().stream()
                .filter(command -> command.contains("-device " + model + ","))
                .toList();
        assertEquals(1, shown.size(), model);
        List<String> words = List.of(shown.getFirst().replace("\\\n", " ").split(" +"));
        assertEquals(properties(booted), properties(after(words, "-device")));
        assertTrue(after(words, "-machine").endsWith(",memory-backend=mem"));
        assertTrue(after(words, "-object").matches("memory-backend-memfd,id=mem,size=\\w+,share=on"));
        List<String> tested = QemuGuest.machine(new GuestSpec(device, Path.of("s"), 1, Map.of(), ""));
        assertTrue(after(tested, "-machine").endsWith(",memory-backend=mem"));
        assertTrue(after(tested, "-object").startsWith("memory-backend-memfd,id=mem,share=on,"));
        assertTrue(after(words, "-chardev").startsWith("socket,id="));
        assertEquals(device.qemu().reconnects(), after(words, "-chardev").contains("reconnect-ms=1000"));
    }

    private static List<String> commands() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path root = Files.exists(here.resolve("README.md")) ? here : here.getParent();
        return COMMAND.matcher(Files.readString(root.resolve("README.md")))
                .results()
                .map(found -> found.group())
                .toList();
    }

    private static String after(List<String> words, String option) {
        return words.get(words.indexOf(option) + 1);
    }

    /// The properties that are not an example's to choose.
    private static Map<String, String> properties(String device) {
        Map<String, String> properties = new TreeMap<>();
        for (String part : device.split(",", -1)) {
            String[] words = part.split("=", 2);
            if (words.length == 2 && !FREE.contains(words[0])) {
                properties.put(words[0], words[1]);
            }
        }
        return properties;
    }
}
