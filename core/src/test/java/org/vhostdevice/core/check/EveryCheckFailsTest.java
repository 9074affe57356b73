package org.vhostdevice.core.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.CsvSource;

/// A check that cannot fail says nothing: each of them has a fault that it finds, named in a table of these tests.
class EveryCheckFailsTest {
    private static final List<Class<?>> TESTS = List.of(
            CoreChecksTest.class,
            RingFaultsTest.class,
            BlkChecksTest.class,
            VsockChecksTest.class,
            ConsoleChecksTest.class,
            FsChecksTest.class);

    /// Checks without a fault, and why.
    private static final Map<String, String> EXCEPTIONS =
            Map.of("B8", "what becomes of the medium does not show on the socket: it is always skipped");

    @Test
    void faultOfEachCheckIsInATable() {
        Set<String> lacking =
                Suites.checks().map(entry -> entry.clause().id()).collect(Collectors.toCollection(TreeSet::new));
        lacking.removeAll(found());
        assertEquals(new TreeSet<>(EXCEPTIONS.keySet()), lacking);
    }

    /// The last column of each table: ids of checks, with spaces between them.
    private static Set<String> found() {
        return TESTS.stream()
                .flatMap(test -> Arrays.stream(test.getDeclaredMethods()))
                .flatMap(EveryCheckFailsTest::rows)
                .map(row -> row.substring(row.lastIndexOf(',') + 1).strip())
                .flatMap(ids -> Arrays.stream(ids.split(" ")))
                .collect(Collectors.toSet());
    }

    private static Stream<String> rows(Method method) {
        CsvSource table = method.getAnnotation(CsvSource.class);
        return table == null ? Stream.empty() : Arrays.stream(table.value());
    }
}
