package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.attribute.ConstantValueAttribute;
import java.lang.classfile.constantpool.ConstantValueEntry;
import java.lang.classfile.constantpool.IntegerEntry;
import java.lang.classfile.constantpool.LongEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The numbers of the hosts, compared with those of their C headers")
class HostTablesTest {
    private static final String NONE = "-";

    private final Properties numbers = load("/host-abi.properties");
    private final Properties errors = load("/host-errno.properties");
    private final Properties functions = load("/host-symbols.properties");
    private final Properties constants = load("/host-constants.properties");

    private static Properties load(String resource) {
        Properties properties = new Properties();
        try (InputStream in = Objects.requireNonNull(HostTablesTest.class.getResourceAsStream(resource))) {
            properties.load(in);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return properties;
    }

    private static List<String> row(Properties table, Enum<?> name) {
        return List.of(Objects.requireNonNull(table.getProperty(name.name()), name.name())
                .split(" "));
    }

    private static Set<String> names(Stream<? extends Enum<?>> values) {
        return values.map(Enum::name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyNumberIsCompared() {
        assertEquals(numbers.stringPropertyNames(), names(Arrays.stream(AbiNumber.values())));
    }

    @ParameterizedTest
    @EnumSource
    void everyHostHasTheNumberOfItsHeaders(AbiNumber number) {
        List<String> expected = row(numbers, number);
        assertEquals(expected.get(0), actual(number, HostAbi.LINUX_X86_64));
        assertEquals(expected.get(1), actual(number, HostAbi.LINUX_AARCH64));
        assertEquals(expected.get(2), actual(number, HostAbi.MACOS_X86_64));
        assertEquals(expected.get(2), actual(number, HostAbi.MACOS_AARCH64));
        assertEquals(expected.get(3), actual(number, HostAbi.FREEBSD));
    }

    private static String actual(AbiNumber number, HostAbi abi) {
        return number.existsOn(abi) ? Integer.toUnsignedString(number.on(abi)) : NONE;
    }

    @Test
    void missingNumberNamesTheHost() {
        Exception e = assertThrows(
                UnsupportedOperationException.class, () -> use(AbiNumber.KEVENT_SIZE.on(HostAbi.LINUX_X86_64)));
        assertEquals("LINUX_X86_64 has no KEVENT_SIZE", e.getMessage());
    }

    private static void use(int number) {
        throw new AssertionError(number);
    }

    @Test
    void everyErrorIsCompared() {
        Set<String> names = names(Arrays.stream(Errno.values()).filter(errno -> errno != Errno.UNKNOWN));
        assertEquals(errors.stringPropertyNames(), names);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "UNKNOWN")
    void everyErrorHasTheNumberOfItsHeaders(Errno errno) {
        for (HostOs os : HostOs.values()) {
            String expected = row(errors, errno).get(column(os));
            // ENOTSUP is another name of EOPNOTSUPP there.
            boolean alias = errno == Errno.ENOTSUP && os != HostOs.MACOS;
            int number = alias ? Errno.EOPNOTSUPP.numberOn(os) : errno.numberOn(os);
            assertEquals(expected, number == 0 ? NONE : Integer.toString(number), os.name());
        }
    }

    private static int column(HostOs os) {
        return switch (os) {
            case LINUX -> 0;
            case MACOS -> 1;
            case FREEBSD -> 2;
        };
    }

    @ParameterizedTest
    @EnumSource
    void everyNumberOfAnErrorLeadsBackToIt(HostOs os) {
        Set<Integer> seen = new HashSet<>();
        for (Errno errno : Errno.values()) {
            int number = errno.numberOn(os);
            if (number != 0) {
                assertEquals(errno, Errno.of(os, number));
                assertTrue(seen.add(number), errno.name());
            }
        }
    }

    @Test
    void numbersWithoutErrorAreUnknown() {
        for (HostOs os : HostOs.values()) {
            for (int number : new int[] {Integer.MIN_VALUE, -1, 0, 200, Integer.MAX_VALUE}) {
                assertEquals(Errno.UNKNOWN, Errno.of(os, number));
            }
        }
    }

    @Test
    void everyFunctionIsCompared() {
        assertEquals(functions.stringPropertyNames(), names(Arrays.stream(Symbol.values())));
    }

    @ParameterizedTest
    @EnumSource
    void everyHostHasTheFunctionOfItsLibrary(Symbol symbol) {
        List<String> expected = row(functions, symbol);
        Map<HostAbi, Integer> columns = Map.of(
                HostAbi.LINUX_X86_64, 0,
                HostAbi.LINUX_AARCH64, 0,
                HostAbi.MACOS_X86_64, 1,
                HostAbi.MACOS_AARCH64, 2,
                HostAbi.FREEBSD, 3);
        columns.forEach((abi, column) ->
                assertEquals(expected.get(column), symbol.existsOn(abi) ? symbol.nameOn(abi) : NONE, abi.name()));
        assertEquals(expected.get(4), Integer.toString(symbol.fixedArguments()));
    }

    @Test
    void everyConstantInTheCodeIsListed() {
        assertEquals(
                new TreeSet<>(constants.stringPropertyNames()),
                new TreeSet<>(constantsInTheCode().keySet()));
    }

    @Test
    void everyConstantHasTheNumberOfTheHeaders() {
        constantsInTheCode().forEach((name, number) -> {
            List<String> row = List.of(constants.getProperty(name).split(" "));
            for (String header : row.subList(1, row.size())) {
                assertTrue(header.equals(NONE) || Long.parseLong(header) == number, name + " = " + row);
            }
        });
    }

    /// All numbers that the classes for hosts hold as constants, by class and name.
    private static Map<String, Long> constantsInTheCode() {
        Map<String, Long> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(Path.of(Objects.requireNonNull(HostAbi.class.getResource("HostAbi.class"))
                        .toURI())
                .resolveSibling("."))) {
            for (Path file :
                    files.filter(path -> isOurs(path.getFileName().toString())).toList()) {
                ClassModel type = ClassFile.of().parse(file);
                String name = file.getFileName().toString().replace(".class", "");
                for (FieldModel field : type.fields()) {
                    field.findAttribute(Attributes.constantValue())
                            .map(ConstantValueAttribute::constant)
                            .ifPresent(value -> note(found, name + '.' + field.fieldName(), value));
                }
            }
        } catch (IOException | URISyntaxException e) {
            throw new AssertionError(e);
        }
        return found;
    }

    private static boolean isOurs(String file) {
        return file.endsWith(".class") && !file.contains("Test") && !file.contains("Contract");
    }

    private static void note(Map<String, Long> found, String name, ConstantValueEntry value) {
        switch (value) {
            case IntegerEntry number -> found.put(name, (long) number.intValue());
            case LongEntry number when !name.endsWith("serialVersionUID") -> found.put(name, number.longValue());
            default -> {} // texts
        }
    }
}
