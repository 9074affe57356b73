package org.vhostdevice.fs.sandbox;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.vhostdevice.core.sys.LinuxCapability;

/// The capabilities that a process of root keeps.
///
/// @param kept no others
public record ModifiedCapabilities(Set<LinuxCapability> kept) {
    /// What a file server needs: those that virtiofsd keeps.
    public static final ModifiedCapabilities DEFAULT = new ModifiedCapabilities(EnumSet.of(
            LinuxCapability.CHOWN,
            LinuxCapability.DAC_OVERRIDE,
            LinuxCapability.FOWNER,
            LinuxCapability.FSETID,
            LinuxCapability.SETGID,
            LinuxCapability.SETUID,
            LinuxCapability.MKNOD,
            LinuxCapability.SETFCAP));

    /// Keeps a copy.
    public ModifiedCapabilities {
        kept = Set.copyOf(kept);
    }

    /// Reads changes of [#DEFAULT], in the words of virtiofsd's `--modcaps`.
    ///
    /// @param text names behind `+` (keep too) or `-` (do not keep), with colons between them, such as
    ///     `+sys_admin:-mknod`
    /// @return the capabilities
    /// @throws IllegalArgumentException with a message for who wrote it
    public static ModifiedCapabilities parse(String text) {
        Set<LinuxCapability> kept = EnumSet.copyOf(DEFAULT.kept);
        for (String change : text.split(":", -1)) {
            boolean keep = change.startsWith("+");
            if (!keep && !change.startsWith("-")) {
                throw new IllegalArgumentException("'" + change + "' begins with neither + nor -");
            }
            LinuxCapability capability = named(change.substring(1));
            boolean _ = keep ? kept.add(capability) : kept.remove(capability);
        }
        return new ModifiedCapabilities(kept);
    }

    private static LinuxCapability named(String name) {
        try {
            return LinuxCapability.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no capability: write its name without CAP_, such as sys_admin", e);
        }
    }

    /// {@return these and one more}
    ///
    /// @param capability the one
    public ModifiedCapabilities with(LinuxCapability capability) {
        Set<LinuxCapability> more = EnumSet.of(capability);
        more.addAll(kept);
        return new ModifiedCapabilities(more);
    }
}
