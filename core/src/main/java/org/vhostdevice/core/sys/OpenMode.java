package org.vhostdevice.core.sys;

/// How [FileIo#open] opens a file.
public enum OpenMode {
    /// Reading only.
    READ_ONLY,
    /// Reading and writing.
    READ_WRITE,
    /// Writing behind the end, wherever that is; the file is made if it does not exist.
    APPEND,
    /// A new file for reading and writing; one that exists already is an error.
    CREATE_NEW
}
