package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodType;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The JDK's own rules for calls on Apple silicon, which are in every JDK, say where arguments go. They are read by
/// reflection, which takes `--add-exports` for two of its packages.
@DisplayName("Where arguments go on Apple silicon")
class VariadicTest {
    private static final String ABI = "jdk.internal.foreign.abi.";

    @BeforeEach
    void requireAccess() throws ClassNotFoundException {
        assumeTrue(
                Class.forName(ABI + "LinkerOptions").getModule().isExported(ABI.substring(0, ABI.length() - 1)),
                "the JVM was started without --add-exports");
    }

    /// The register or the place on the stack of each argument, without that of the function's address.
    private static List<String> places(FunctionDescriptor shape, Linker.Option... options) throws Exception {
        Class<?> linkerOptions = Class.forName(ABI + "LinkerOptions");
        Class<?> rules = Class.forName(ABI + "aarch64.CallArranger");
        Object chosen = linkerOptions
                .getMethod("forDowncall", FunctionDescriptor.class, Linker.Option[].class)
                .invoke(null, shape, options);
        Object bindings = rules.getMethod(
                        "getBindings", MethodType.class, FunctionDescriptor.class, boolean.class, linkerOptions)
                .invoke(rules.getField("MACOS").get(null), shape.toMethodType(), shape, false, chosen);
        Object sequence = bindings.getClass().getMethod("callingSequence").invoke(bindings);
        var argument = sequence.getClass().getMethod("argumentBindings", int.class);
        String[] places = new String[shape.argumentLayouts().size()];
        for (int i = 0; i < places.length; i++) {
            places[i] =
                    String.valueOf(argument.invoke(sequence, i + 1)).replaceAll("(?s).*debugName=([A-Za-z]+).*", "$1");
        }
        return List.of(places);
    }

    @Test
    void theLastArgumentOfTwoAndOneIsOnTheStack() throws Exception {
        FunctionDescriptor shape = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        assertEquals(List.of("r", "r", "Stack"), places(shape, Linker.Option.firstVariadicArg(2)));
        assertEquals(List.of("r", "r", "r"), places(shape));
    }

    @Test
    void theLastArgumentOfThreeAndOneIsOnTheStack() throws Exception {
        FunctionDescriptor shape = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        assertEquals(List.of("r", "r", "r", "Stack"), places(shape, Linker.Option.firstVariadicArg(3)));
    }

    @Test
    void sixArgumentsThatAreNotVariadicAreInRegisters() throws Exception {
        FunctionDescriptor shape =
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        assertEquals(Collections.nCopies(6, "r"), places(shape));
    }
}
