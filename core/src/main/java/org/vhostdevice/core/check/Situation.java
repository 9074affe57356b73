package org.vhostdevice.core.check;

import java.util.Optional;

/// What is known before a check is made.
///
/// @param facts   what the back end told
/// @param kind    type of the device, if known
/// @param options what the caller allows
/// @param target  the back end
record Situation(Facts facts, Optional<DeviceKind> kind, CheckOptions options, Target target) {}
