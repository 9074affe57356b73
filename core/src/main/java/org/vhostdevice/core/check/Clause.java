package org.vhostdevice.core.check;

/// A sentence of a specification that a check is about.
///
/// @param id        this project's short name, as in `docs/conformance.md`; a letter at the end tells parts apart
/// @param level     how much it demands
/// @param reference where it stands, by number or title
/// @param text      what it says, in few words
public record Clause(String id, CheckLevel level, String reference, String text) {}
