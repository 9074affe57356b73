package org.vhostdevice.core.frontend.fuse;

import static org.vhostdevice.core.frontend.fuse.FuseRequest.arguments;
import static org.vhostdevice.core.frontend.fuse.FuseRequest.named;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.vhostdevice.core.frontend.BackendViolation;

/// A FUSE session: the operations that a load and checks need. Every method fails with a
/// refusal if the answer is an error. One thread.
public final class FuseSession {
    /// `O_RDONLY` of Linux.
    public static final int READ_ONLY = 0;

    /// `O_RDWR` of Linux.
    public static final int READ_WRITE = 2;

    /// `O_TRUNC` of Linux.
    public static final int TRUNCATE = 01000;

    /// Bytes of the arguments of READ, and of WRITE in front of the data.
    static final int IO_ARGUMENTS = 40;

    /// Bytes of the answer to WRITE.
    static final int WRITE_REPLY = 8;

    /// Bytes of the answer to LOOKUP, and of the first part of that to CREATE.
    static final int ENTRY = 128;

    /// Bytes of the answer to OPEN, and of the second part of that to CREATE.
    static final int OPENED = 16;

    private static final int ENTRY_ATTRIBUTES = 40;
    private static final int ATTRIBUTES = 104;
    private static final int ATTRIBUTES_OFFSET = 16;
    private static final int SIZE = 8;
    private static final int MODE = 60;
    private static final int RELEASE_BYTES = 24;
    private static final int REGULAR = 0100644;

    private final FuseDriver driver;
    private final FuseInit init;

    /// What is known of a name.
    ///
    /// @param nodeId number of the node
    /// @param mode   type and permissions
    /// @param size   bytes
    public record Entry(long nodeId, int mode, long size) {}

    /// An open file.
    ///
    /// @param nodeId number of the node
    /// @param handle number of the open file
    public record Open(long nodeId, long handle) {}

    private FuseSession(FuseDriver driver, FuseInit init) {
        this.driver = driver;
        this.init = init;
    }

    /// Begins a session.
    ///
    /// @param driver to use
    /// @return the session
    /// @throws BackendViolation if the device speaks another version of the protocol
    /// @throws IOException      if the back end fails or refuses
    public static FuseSession begin(FuseDriver driver) throws IOException {
        FuseRequest request =
                FuseInit.request(ByteOrder.LITTLE_ENDIAN, FuseInit.INIT_EXT | FuseInit.MAX_PAGES | FuseInit.BIG_WRITES);
        FuseInit init = FuseInit.read(driver.call(request, 64), ByteOrder.LITTLE_ENDIAN);
        if (init.major() != FuseInit.MAJOR) {
            throw new BackendViolation("INIT of version 7 is answered by version " + init.major());
        }
        return new FuseSession(driver, init);
    }

    /// {@return what the server said}
    public FuseInit init() {
        return init;
    }

    /// {@return the driver}
    public FuseDriver driver() {
        return driver;
    }

    private ByteBuffer call(FuseOpcode opcode, long nodeId, byte[] body, int replyBytes) throws IOException {
        return driver.call(FuseRequest.of(opcode, nodeId, body), replyBytes).require(opcode.name(), replyBytes);
    }

    private void tell(FuseOpcode opcode, long nodeId, byte... body) throws IOException {
        driver.call(FuseRequest.of(opcode, nodeId, body), 0).requireDone(opcode.name());
    }

    /// LOOKUP.
    ///
    /// @param folder node of the folder
    /// @param name   in it
    /// @return the node, of which one lookup more is held
    /// @throws IOException if the back end fails or refuses
    public Entry lookup(long folder, String name) throws IOException {
        return entry(call(FuseOpcode.LOOKUP, folder, named(new byte[0], name), ENTRY));
    }

    private static Entry entry(ByteBuffer body) {
        return new Entry(body.getLong(0), body.getInt(ENTRY_ATTRIBUTES + MODE), body.getLong(ENTRY_ATTRIBUTES + SIZE));
    }

    /// GETATTR.
    ///
    /// @param nodeId the node
    /// @return its attributes
    /// @throws IOException if the back end fails or refuses
    public Entry getAttributes(long nodeId) throws IOException {
        ByteBuffer body = call(FuseOpcode.GETATTR, nodeId, new byte[16], ATTRIBUTES);
        return new Entry(nodeId, body.getInt(ATTRIBUTES_OFFSET + MODE), body.getLong(ATTRIBUTES_OFFSET + SIZE));
    }

    /// MKDIR.
    ///
    /// @param folder node of the folder that it is made in
    /// @param name   in it
    /// @return the new folder
    /// @throws IOException if the back end fails or refuses
    public Entry makeFolder(long folder, String name) throws IOException {
        byte[] mode = arguments(8).putInt(0755).array();
        return entry(call(FuseOpcode.MKDIR, folder, named(mode, name), ENTRY));
    }

    /// CREATE, for reading and writing, of a file that is empty then.
    ///
    /// @param folder node of the folder
    /// @param name   in it
    /// @return the file
    /// @throws IOException if the back end fails or refuses
    public Open create(long folder, String name) throws IOException {
        ByteBuffer body = call(FuseOpcode.CREATE, folder, named(creation(), name), ENTRY + OPENED);
        return new Open(body.getLong(0), body.getLong(ENTRY));
    }

    /// The arguments of CREATE in front of the name.
    static byte[] creation() {
        return arguments(16).putInt(READ_WRITE | TRUNCATE).putInt(REGULAR).array();
    }

    /// OPEN.
    ///
    /// @param nodeId the node
    /// @param flags  of `open(2)` of Linux
    /// @return the file
    /// @throws IOException if the back end fails or refuses
    public Open open(long nodeId, int flags) throws IOException {
        byte[] fixed = arguments(8).putInt(flags).array();
        return new Open(nodeId, call(FuseOpcode.OPEN, nodeId, fixed, OPENED).getLong(0));
    }

    /// READ.
    ///
    /// @param file   open
    /// @param offset of the first byte
    /// @param size   how many bytes
    /// @return the bytes, fewer at the end of the file
    /// @throws IOException if the back end fails or refuses
    public byte[] read(Open file, long offset, int size) throws IOException {
        FuseRequest request = FuseRequest.of(FuseOpcode.READ, file.nodeId(), io(file, offset, size));
        FuseReply reply = driver.call(request, size);
        reply.requireDone("READ");
        return reply.body().toArray();
    }

    /// WRITE.
    ///
    /// @param file   open
    /// @param offset of the first byte
    /// @param bytes  what to write
    /// @return how many were written
    /// @throws IOException if the back end fails or refuses
    public int write(Open file, long offset, byte... bytes) throws IOException {
        byte[] body = arguments(IO_ARGUMENTS + bytes.length)
                .put(io(file, offset, bytes.length))
                .put(bytes)
                .array();
        return call(FuseOpcode.WRITE, file.nodeId(), body, WRITE_REPLY).getInt(0);
    }

    private static byte[] io(Open file, long offset, int size) {
        return arguments(IO_ARGUMENTS)
                .putLong(file.handle())
                .putLong(offset)
                .putInt(size)
                .array();
    }

    /// FSYNC.
    ///
    /// @param file open
    /// @throws IOException if the back end fails or refuses
    public void sync(Open file) throws IOException {
        tell(
                FuseOpcode.FSYNC,
                file.nodeId(),
                arguments(16).putLong(file.handle()).array());
    }

    /// RELEASE.
    ///
    /// @param file open
    /// @throws IOException if the back end fails or refuses
    public void release(Open file) throws IOException {
        byte[] fixed = arguments(RELEASE_BYTES).putLong(file.handle()).array();
        tell(FuseOpcode.RELEASE, file.nodeId(), fixed);
    }

    /// UNLINK.
    ///
    /// @param folder node of the folder
    /// @param name   in it
    /// @throws IOException if the back end fails or refuses
    public void unlink(long folder, String name) throws IOException {
        tell(FuseOpcode.UNLINK, folder, named(new byte[0], name));
    }

    /// RMDIR.
    ///
    /// @param folder node of the folder
    /// @param name   in it
    /// @throws IOException if the back end fails or refuses
    public void removeFolder(long folder, String name) throws IOException {
        tell(FuseOpcode.RMDIR, folder, named(new byte[0], name));
    }

    /// FORGET, on the high priority queue.
    ///
    /// @param nodeId  the node
    /// @param lookups how many are given back
    /// @param timeout how long to wait, in nanoseconds
    /// @return bytes that the device says it wrote; negative if it has not used the request in time
    /// @throws IOException if the back end fails
    public long forget(long nodeId, long lookups, long timeout) throws IOException {
        byte[] body = arguments(8).putLong(lookups).array();
        return driver.urgent(FuseRequest.of(FuseOpcode.FORGET, nodeId, body), timeout);
    }
}
