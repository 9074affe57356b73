package org.vhostdevice.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.HostAbi;

/// What is used of a host, and what in place of what it lacks.
final class CapabilityTable {
    private static final String SECTION = "Capabilities";

    private CapabilityTable() {}

    /// Of this host, with what is switched off.
    static List<Finding> ofThisHost() {
        List<Finding> findings = new ArrayList<>();
        for (Capability capability : Capability.values()) {
            boolean off = capability.existsOn(HostAbi.current()) && !capability.available();
            findings.add(
                    finding(capability, capability.available(), off ? " (switched off, or not in this system)" : ""));
        }
        return findings;
    }

    /// Of any host, as the tables say.
    static List<Finding> of(HostAbi host) {
        List<Finding> findings = new ArrayList<>();
        for (Capability capability : Capability.values()) {
            findings.add(finding(capability, capability.existsOn(host), ""));
        }
        return findings;
    }

    private static Finding finding(Capability capability, boolean has, String why) {
        String name = capability.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return has
                ? Finding.ok(SECTION, name, capability.use())
                : Finding.without(SECTION, name, "no " + capability.use() + why + ": " + capability.otherwise());
    }
}
