package org.vhostdevice.core.device;

/// A device's configuration space (VIRTIO 1.4, 2.5): at most 256 little-endian bytes.
///
/// Called by the thread that serves the front end's messages, never by a queue's worker.
public interface ConfigSpace {
    /// A configuration space without fields.
    ConfigSpace EMPTY = () -> new byte[0];

    /// {@return the current bytes; the caller may change the array}
    byte[] bytes();

    /// Takes a write by the driver or, during migration, by the front end.
    ///
    /// @param offset of the first byte
    /// @param value the bytes, all inside the space
    /// @param migration whether the front end restores state and may write read-only fields
    /// @return false if a field is read-only or the value is not allowed; nothing was changed then
    default boolean write(int offset, byte[] value, boolean migration) {
        return false;
    }
}
