package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Loads the classes of a package again so that a test gets control after every single store that they make to memory.
/// No store can be forgotten: the calls themselves are replaced in the class files. The classes of this package are
/// loaded along, since they refer to the others.
public final class SteppedStores extends ClassLoader {
    private static final ClassDesc SEGMENT =
            MemorySegment.class.describeConstable().orElseThrow();
    private static final ClassDesc HERE =
            SteppedStores.class.describeConstable().orElseThrow();
    private static final String KIT = SteppedStores.class.getPackageName() + ".";

    /// What changes memory, in the classes that are watched.
    private static final Set<String> WRITERS = Set.of("set", "setAtIndex", "fill", "copyFrom", "setString");

    private static @Nullable Runnable watcher;

    private final String watched;

    /// @param watched the package
    public SteppedStores(Package watched) {
        super(SteppedStores.class.getClassLoader());
        this.watched = watched.getName() + ".";
    }

    /// Has something run after each store from now on.
    ///
    /// @param next null for nothing
    /// @return what was run until now
    public static @Nullable Runnable watch(@Nullable Runnable next) {
        Runnable before = watcher;
        watcher = next;
        return before;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        boolean again = name.startsWith(watched) || name.startsWith(KIT);
        if (!again || name.equals(SteppedStores.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            if (name.startsWith(watched)) {
                bytes = transform(bytes);
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private static byte[] transform(byte[] bytes) {
        CodeTransform code = (builder, element) -> {
            if (element instanceof InvokeInstruction call && isStore(call)) {
                MethodTypeDesc type = call.typeSymbol().insertParameterTypes(0, SEGMENT);
                builder.invokestatic(HERE, call.name().stringValue(), type);
            } else {
                builder.with(element);
            }
        };
        return ClassFile.of()
                .transformClass(ClassFile.of().parse(bytes), ClassTransform.transformingMethodBodies(code));
    }

    private static boolean isStore(InvokeInstruction call) {
        return call.owner().asSymbol().equals(SEGMENT)
                && WRITERS.contains(call.name().stringValue())
                && (call.typeSymbol().returnType().equals(ConstantDescs.CD_void)
                        || call.name().equalsString("fill"));
    }

    private static void stored() {
        if (watcher != null) {
            watcher.run();
        }
    }

    /// In place of the method of [MemorySegment].
    public static void set(MemorySegment to, ValueLayout.OfByte layout, long offset, byte value) {
        to.set(layout, offset, value);
        stored();
    }

    /// In place of the method of [MemorySegment].
    public static void set(MemorySegment to, ValueLayout.OfShort layout, long offset, short value) {
        to.set(layout, offset, value);
        stored();
    }

    /// In place of the method of [MemorySegment].
    public static void set(MemorySegment to, ValueLayout.OfInt layout, long offset, int value) {
        to.set(layout, offset, value);
        stored();
    }

    /// In place of the method of [MemorySegment].
    public static void set(MemorySegment to, ValueLayout.OfLong layout, long offset, long value) {
        to.set(layout, offset, value);
        stored();
    }

    /// In place of the method of [MemorySegment], byte by byte.
    public static MemorySegment fill(MemorySegment to, byte value) {
        for (long i = 0; i < to.byteSize(); i++) {
            set(to, ValueLayout.JAVA_BYTE, i, value);
        }
        return to;
    }
}
