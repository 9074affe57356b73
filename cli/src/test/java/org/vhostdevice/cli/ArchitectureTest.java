package org.vhostdevice.cli;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.vhostdevice.core.sys.FileTransfers;

@AnalyzeClasses(packages = "org.vhostdevice", importOptions = ArchitectureTest.ProductOnly.class)
class ArchitectureTest {
    private static final String CORE = "org.vhostdevice.core";
    private static final String CLI = "org.vhostdevice.cli";
    private static final String SYS = CORE + ".sys..";

    private static final DescribedPredicate<JavaClass> DEVICES =
            resideOutsideOfPackages(CORE + "..", CLI + "..").as("classes of a device");

    /// Packages whose code reads and writes memory that another process can take away at any moment.
    private static final DescribedPredicate<JavaClass> TOUCHES_SHARED_MEMORY = resideInAnyPackage(
                    CORE + ".memory..",
                    CORE + ".virtqueue..",
                    CORE + ".device..",
                    CORE + ".frontend..",
                    CORE + ".check..")
            .or(DEVICES)
            .as("classes that touch shared memory");

    // Who may use whom.

    @ArchTest
    static final ArchRule sysUsesTheJdkOnly = core("sys");

    @ArchTest
    static final ArchRule memoryUsesSys = core("memory", "sys");

    @ArchTest
    static final ArchRule virtqueueUsesMemory = core("virtqueue", "memory");

    @ArchTest
    static final ArchRule protocolUsesTheJdkOnly = core("protocol");

    @ArchTest
    static final ArchRule transportUsesProtocolAndSys = core("transport", "protocol", "sys");

    @ArchTest
    static final ArchRule deviceUsesVirtqueueAndMemory = classes()
            .that()
            .resideInAPackage(CORE + ".device..")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            "java..",
                            "org.jspecify.annotations",
                            CORE + ".device..",
                            CORE + ".virtqueue..",
                            CORE + ".memory..")
                    .or(belongToAnyOf(FileTransfers.class))); // lent to devices as it is

    @ArchTest
    static final ArchRule sessionUsesAllButTheFrontend =
            core("session", "device", "virtqueue", "memory", "transport", "protocol", "sys");

    @ArchTest
    static final ArchRule frontendSharesOnlyProtocolAndHostWithTheBackend =
            core("frontend", List.of("org.HdrHistogram"), "transport", "protocol", "memory", "sys");

    @ArchTest
    static final ArchRule checkSharesNothingWithTheBackend = core("check", "frontend", "protocol", "sys");

    @ArchTest
    static final ArchRule onlyTheCommandLineUsesChecks = classes()
            .that()
            .resideInAPackage(CORE + ".check..")
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(CORE + ".check..", CLI + "..");

    @ArchTest
    static final ArchRule devicesUseTheDeviceSideOfCore = noClasses()
            .that(are(DEVICES))
            .should()
            .dependOnClassesThat(resideInAPackage(CORE + "..")
                    .and(resideOutsideOfPackages(
                            CORE + ".device..", CORE + ".virtqueue..", CORE + ".memory..", CORE + ".sys..")));

    @ArchTest
    static final ArchRule devicesUseSysBelowTheirTopPackageOnly = noClasses()
            .that(are(DEVICES))
            .and()
            .resideInAPackage("org.vhostdevice.*")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(SYS);

    @ArchTest
    static final ArchRule devicesUsePicocliInTheirArgumentsOnly = noClasses()
            .that(are(DEVICES))
            .and()
            .haveNameNotMatching(".*Args(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli..");

    @ArchTest
    static final ArchRule consolesAndTheCommandLineUseJline = noClasses()
            .that()
            .resideOutsideOfPackages("org.vhostdevice.console..", CLI + "..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.jline..");

    @ArchTest
    static final ArchRule cliUsesNoRingsAndNoMessages = noClasses()
            .that()
            .resideInAPackage(CLI + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(CORE + ".virtqueue..", CORE + ".memory..", CORE + ".protocol..");

    @ArchTest
    static final ArchRule coreDevicesAndCliMeetInCoreOnly = slices().matching("org.vhostdevice.(*)..")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(alwaysTrue(), resideInAPackage(CORE + ".."));

    // What code may do.

    @ArchTest
    static final ArchRule onlySysLinksNativeFunctions = noClasses()
            .that()
            .resideOutsideOfPackage(SYS)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Linker.class, SymbolLookup.class);

    @ArchTest
    static final ArchRule onlySysStartsPrograms = noClasses()
            .that()
            .resideOutsideOfPackage(SYS)
            .should()
            .callConstructor(ProcessBuilder.class, String[].class)
            .orShould()
            .callConstructor(ProcessBuilder.class, List.class)
            .because("what a service manager tells this process is not for others; use ServiceManager.child");

    @ArchTest
    static final ArchRule onlyHostOsAsksForTheSystem = classes()
            .that()
            .doNotHaveFullyQualifiedName(CORE + ".sys.HostOs")
            .should(holdNoStringThatMatches("os\\.(name|version)"));

    @ArchTest
    static final ArchRule onlySysAsksForTheProcessor =
            classes().that().resideOutsideOfPackage(SYS).should(holdNoStringThatMatches("os\\.arch"));

    @ArchTest
    static final ArchRule sharedMemoryIsReadAndWrittenPlainly = noClasses()
            .that(are(TOUCHES_SHARED_MEMORY))
            .should()
            .callMethodWhere(ordersMemoryByAccessMode())
            .because("such an access can end the JVM when the memory is truncated; use plain accesses and fences");

    @ArchTest
    static final ArchRule sharedMemoryIsNotChecksummedOrCompressed = noClasses()
            .that(are(TOUCHES_SHARED_MEMORY))
            .and()
            .haveSimpleNameNotContaining("CompressedClusters") // of an image, on arrays
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.util.zip..")
            .because("it runs in native code, where truncated memory ends the JVM; use a copy on the heap");

    @ArchTest
    static final ArchRule sharedMemoryIsNotComparedInPlace = noClasses()
            .that(are(TOUCHES_SHARED_MEMORY))
            .and()
            .haveSimpleNameNotContaining("XattrOwners") // of names that the host has listed, in memory of our own
            .should()
            .callMethodWhere(methodCall("mismatch", MemorySegment.class))
            .because("a fault in it ends the JVM; use SharedReads.isZero, or a copy");

    @ArchTest
    static final ArchRule smallNumbersOfRingsAreCutToTheirSize = noClasses()
            .that()
            .resideInAPackage(CORE + ".virtqueue..")
            .and()
            .haveSimpleNameNotContaining("SharedReads")
            .should()
            .callMethodWhere(readsSmallNumber())
            .because("compiled code relies on the size of what a read that failed has left behind; use SharedReads");

    @ArchTest
    static final ArchRule ringsAndMessagesKnowNoThreadsSocketsOrFiles = noClasses()
            .that()
            .resideInAnyPackage(CORE + ".virtqueue..", CORE + ".protocol..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.net..", "java.nio.channels..", "java.nio.file..")
                    .or(resideInAPackage("java.util.concurrent.."))
                    .or(JavaClass.Predicates.assignableTo(Thread.class)));

    @ArchTest
    static final ArchRule nothingSleeps = noClasses()
            .should()
            .callMethodWhere(methodCall("sleep", Thread.class, TimeUnit.class))
            .because("a wait has an event or a deadline in the event loop");

    @ArchTest
    static final ArchRule logsGoToTheSystemLogger =
            noClasses().should(USE_JAVA_UTIL_LOGGING).because("the logger is System.Logger");

    @ArchTest
    static final ArchRule onlyTheCommandLinePrints =
            noClasses().that().resideOutsideOfPackage(CLI + "..").should(ACCESS_STANDARD_STREAMS);

    /// A package of core, which may use the JDK, itself and the named packages of core.
    private static ArchRule core(String name, String... used) {
        return core(name, List.of(), used);
    }

    private static ArchRule core(String name, List<String> libraries, String... used) {
        String[] allowed = Stream.of(
                        Stream.of("java..", "org.jspecify.annotations"),
                        libraries.stream(),
                        Stream.concat(Stream.of(name), Stream.of(used)).map(p -> CORE + "." + p + ".."))
                .flatMap(packages -> packages)
                .toArray(String[]::new);
        return classes()
                .that()
                .resideInAPackage(CORE + "." + name + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed);
    }

    private static DescribedPredicate<JavaCall<?>> ordersMemoryByAccessMode() {
        Pattern modes = Pattern.compile(
                "get(Volatile|Opaque|Acquire|And\\w+)|set(Volatile|Opaque|Release)|(weakC|c)ompareAnd\\w+");
        return DescribedPredicate.<JavaCall<?>>describe(
                "a VarHandle access mode other than plain",
                call -> call.getTargetOwner().isEquivalentTo(VarHandle.class)
                        && modes.matcher(call.getName()).matches());
    }

    private static DescribedPredicate<JavaCall<?>> readsSmallNumber() {
        return DescribedPredicate.<JavaCall<?>>describe(
                "a read of 16 or 32 bits",
                call -> call.getTargetOwner().isEquivalentTo(MemorySegment.class)
                        && call.getName().equals("get")
                        && call.getTarget().getRawParameterTypes().stream()
                                .anyMatch(type -> type.isEquivalentTo(ValueLayout.OfShort.class)
                                        || type.isEquivalentTo(ValueLayout.OfInt.class)));
    }

    private static DescribedPredicate<JavaAccess<?>> methodCall(String name, Class<?>... owners) {
        return DescribedPredicate.describe(
                name,
                call -> call.getName().equals(name)
                        && Stream.of(owners).anyMatch(call.getTargetOwner()::isAssignableTo));
    }

    /// Looks through the constants of the class file, where every string literal is.
    private static ArchCondition<JavaClass> holdNoStringThatMatches(String regex) {
        Pattern pattern = Pattern.compile(regex);
        return new ArchCondition<>("hold no string that matches \"" + regex + "\"") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (String constant : strings(type)) {
                    if (pattern.matcher(constant).matches()) {
                        events.add(SimpleConditionEvent.violated(
                                type, type.getName() + " holds the string \"" + constant + "\""));
                    }
                }
            }
        };
    }

    private static Iterable<String> strings(JavaClass type) {
        try (InputStream in = type.getSource().orElseThrow().getUri().toURL().openStream()) {
            var constants = ClassFile.of().parse(in.readAllBytes()).constantPool();
            return StreamSupport.stream(constants.spliterator(), false)
                    .filter(StringEntry.class::isInstance)
                    .map(entry -> ((StringEntry) entry).stringValue())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + type.getName(), e);
        }
    }

    static final class ProductOnly implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/test-classes/") && !location.contains("-tests.jar");
        }
    }
}
