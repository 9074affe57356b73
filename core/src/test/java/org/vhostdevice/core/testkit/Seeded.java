package org.vhostdevice.core.testkit;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/// Gives tests a [RandomGenerator] parameter whose seed is printed when the test fails.
///
/// Every invocation (also every repetition of a `@RepeatedTest`) gets a new seed, unless the system property
/// `vhost.seed` sets it: then each one starts with that seed, and the failing run is repeated.
public final class Seeded implements ParameterResolver, TestExecutionExceptionHandler {

    /// System property with the seed to use, a decimal number.
    public static final String PROPERTY = "vhost.seed";

    private static final Namespace NAMESPACE = Namespace.create(Seeded.class);

    /// Made by JUnit.
    public Seeded() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RandomGenerator.class;
    }

    @Override
    public RandomGenerator resolveParameter(ParameterContext parameter, ExtensionContext context) {
        long seed = Long.getLong(PROPERTY, new SplittableRandom().nextLong());
        context.getStore(NAMESPACE).put(PROPERTY, seed);
        return new SplittableRandom(seed);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        Long seed = context.getStore(NAMESPACE).get(PROPERTY, Long.class);
        if (seed != null && !(failure instanceof TestAbortedException)) {
            System.err.println(context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName()
                    + ": repeat with -D" + PROPERTY + "=" + seed);
        }
        throw failure;
    }
}
