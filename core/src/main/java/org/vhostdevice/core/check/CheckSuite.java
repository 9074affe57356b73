package org.vhostdevice.core.check;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Checks that belong together.
///
/// @param name    as it is shown, and matched by `--only`
/// @param formats rings on which the checks run, once for each that the back end has; empty if they are not about rings
/// @param kind    the only type of device that they are for, if any
/// @param checks  in the order in which they are made
record CheckSuite(String name, Set<RingFormat> formats, Optional<DeviceKind> kind, List<Check> checks) {
    CheckSuite {
        formats = Set.copyOf(formats);
        checks = List.copyOf(checks);
    }

    /// Checks that have nothing to do with rings.
    static CheckSuite plain(String name, List<Check> checks) {
        return new CheckSuite(name, Set.of(), Optional.empty(), checks);
    }

    /// Checks of what both formats of rings have in common.
    static CheckSuite onRings(String name, List<Check> checks) {
        return new CheckSuite(name, EnumSet.allOf(RingFormat.class), Optional.empty(), checks);
    }

    /// Checks of one format of rings.
    static CheckSuite onRings(String name, RingFormat format, List<Check> checks) {
        return new CheckSuite(name, Set.of(format), Optional.empty(), checks);
    }

    /// Checks of one type of device, made on both formats of rings.
    static CheckSuite of(DeviceKind kind, List<Check> checks) {
        return new CheckSuite(kind.label(), EnumSet.allOf(RingFormat.class), Optional.of(kind), checks);
    }
}
