package org.vhostdevice.core.check;

/// What a device says about a chain that it has used.
///
/// @param id     head of the chain, or its buffer id
/// @param length bytes written
record Used(int id, long length) {}
