package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.testkit.SteppedStores;

@DisplayName("A back end that is killed after any store loses no request and answers none twice")
class InflightCrashTest {
    @ParameterizedTest
    @CsvSource({
        "false, 1, 4, 8", "false, 2, 4, 7", "false, 2, 5, 6", "false, 2, 2, 7", "false, 4, 0, 6", "false, 4, 1, 6",
        "true, 1, 4, 7", "true, 2, 4, 6", "true, 2, 5, 5", "true, 3, 0, 5", "true, 3, 1, 6", "true, 3, 2, 6"
    })
    void everyOrderOfStepsKilledAfterEveryStore(boolean packed, int size, int options, int steps) throws Throwable {
        Class<?> model = new SteppedStores(InflightCrashTest.class.getPackage())
                .loadClass("org.vhostdevice.core.virtqueue.InflightCrashModel");
        MethodHandle explore = MethodHandles.publicLookup()
                .findStatic(
                        model,
                        "explore",
                        MethodType.methodType(long.class, boolean.class, int.class, int.class, int.class));
        long crashes = (long) explore.invoke(packed, size, options, steps);
        assertTrue(crashes > 20, () -> crashes + " kills");
    }
}
