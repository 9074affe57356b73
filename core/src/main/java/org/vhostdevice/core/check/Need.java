package org.vhostdevice.core.check;

import java.util.Optional;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// What a check cannot be made without.
@FunctionalInterface
interface Need {
    /// The caller allows that the medium is written.
    Need DESTRUCTIVE =
            situation -> given(situation.options().destructive(), "writes to the medium: give --destructive");

    /// The back end can be killed and started again.
    Need RESTART = situation ->
            given(situation.target().restartable(), "kills the back end: let it be started with --command");

    /// Why a check is skipped that needs to know the type of the device.
    String NO_KIND = "the type of the device is not known: give --device";

    /// The type of the device is known.
    Need KIND = situation -> given(situation.kind().isPresent(), NO_KIND);

    /// What is missing, as a reason to skip; empty if the need is met.
    Optional<String> missing(Situation situation);

    /// A virtio feature that the back end offers.
    static Need feature(long mask, String name) {
        return situation -> given((situation.facts().features() & mask) == mask, name + " is not offered");
    }

    /// A virtio feature that the back end does not offer.
    static Need without(long mask, String name) {
        return situation -> given((situation.facts().features() & mask) == 0, name + " is offered");
    }

    /// A protocol feature that the back end offers.
    static Need protocol(ProtocolFeature feature) {
        return situation -> given(situation.facts().has(feature), feature + " is not offered");
    }

    private static Optional<String> given(boolean met, String otherwise) {
        return met ? Optional.empty() : Optional.of(otherwise);
    }
}
