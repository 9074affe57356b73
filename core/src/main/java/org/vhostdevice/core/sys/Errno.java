package org.vhostdevice.core.sys;

/// The errors of system calls by name; a host's number means something else on another host.
///
/// A row holds the number on Linux, macOS and FreeBSD, once if they agree, 0 where the host has no such error.
/// On Linux and FreeBSD `ENOTSUP` is reported as [#EOPNOTSUPP], with which it shares its number.
public enum Errno {
    /// Operation not permitted.
    EPERM(1, "Operation not permitted"),
    /// No such file or directory.
    ENOENT(2, "No such file or directory"),
    /// No such process.
    ESRCH(3, "No such process"),
    /// Interrupted system call.
    EINTR(4, "Interrupted system call"),
    /// Input/output error.
    EIO(5, "Input/output error"),
    /// No such device or address.
    ENXIO(6, "No such device or address"),
    /// Argument list too long.
    E2BIG(7, "Argument list too long"),
    /// Exec format error.
    ENOEXEC(8, "Exec format error"),
    /// Bad file descriptor.
    EBADF(9, "Bad file descriptor"),
    /// No child processes.
    ECHILD(10, "No child processes"),
    /// Resource deadlock avoided.
    EDEADLK(35, 11, 11, "Resource deadlock avoided"),
    /// Cannot allocate memory.
    ENOMEM(12, "Cannot allocate memory"),
    /// Permission denied.
    EACCES(13, "Permission denied"),
    /// Bad address.
    EFAULT(14, "Bad address"),
    /// Block device required.
    ENOTBLK(15, "Block device required"),
    /// Device or resource busy.
    EBUSY(16, "Device or resource busy"),
    /// File exists.
    EEXIST(17, "File exists"),
    /// Cross-device link.
    EXDEV(18, "Cross-device link"),
    /// Operation not supported by the device.
    ENODEV(19, "Operation not supported by the device"),
    /// Not a directory.
    ENOTDIR(20, "Not a directory"),
    /// Is a directory.
    EISDIR(21, "Is a directory"),
    /// Invalid argument.
    EINVAL(22, "Invalid argument"),
    /// Too many open files in the system.
    ENFILE(23, "Too many open files in the system"),
    /// Too many open files.
    EMFILE(24, "Too many open files"),
    /// Inappropriate ioctl for device.
    ENOTTY(25, "Inappropriate ioctl for device"),
    /// Text file busy.
    ETXTBSY(26, "Text file busy"),
    /// File too large.
    EFBIG(27, "File too large"),
    /// No space left on device.
    ENOSPC(28, "No space left on device"),
    /// Illegal seek.
    ESPIPE(29, "Illegal seek"),
    /// Read-only file system.
    EROFS(30, "Read-only file system"),
    /// Too many links.
    EMLINK(31, "Too many links"),
    /// Broken pipe.
    EPIPE(32, "Broken pipe"),
    /// Argument out of domain.
    EDOM(33, "Argument out of domain"),
    /// Result out of range.
    ERANGE(34, "Result out of range"),
    /// Resource temporarily unavailable.
    EAGAIN(11, 35, 35, "Resource temporarily unavailable"),
    /// Operation now in progress.
    EINPROGRESS(115, 36, 36, "Operation now in progress"),
    /// Operation already in progress.
    EALREADY(114, 37, 37, "Operation already in progress"),
    /// Not a socket.
    ENOTSOCK(88, 38, 38, "Not a socket"),
    /// Destination address required.
    EDESTADDRREQ(89, 39, 39, "Destination address required"),
    /// Message too long.
    EMSGSIZE(90, 40, 40, "Message too long"),
    /// Wrong protocol type for socket.
    EPROTOTYPE(91, 41, 41, "Wrong protocol type for socket"),
    /// Protocol option not available.
    ENOPROTOOPT(92, 42, 42, "Protocol option not available"),
    /// Protocol not supported.
    EPROTONOSUPPORT(93, 43, 43, "Protocol not supported"),
    /// Socket type not supported.
    ESOCKTNOSUPPORT(94, 44, 44, "Socket type not supported"),
    /// Operation not supported.
    EOPNOTSUPP(95, 102, 45, "Operation not supported"),
    /// Not supported.
    ENOTSUP(0, 45, 0, "Not supported"),
    /// Protocol family not supported.
    EPFNOSUPPORT(96, 46, 46, "Protocol family not supported"),
    /// Address family not supported.
    EAFNOSUPPORT(97, 47, 47, "Address family not supported"),
    /// Address already in use.
    EADDRINUSE(98, 48, 48, "Address already in use"),
    /// Cannot assign requested address.
    EADDRNOTAVAIL(99, 49, 49, "Cannot assign requested address"),
    /// Network is down.
    ENETDOWN(100, 50, 50, "Network is down"),
    /// Network is unreachable.
    ENETUNREACH(101, 51, 51, "Network is unreachable"),
    /// Connection dropped by network.
    ENETRESET(102, 52, 52, "Connection dropped by network"),
    /// Connection aborted.
    ECONNABORTED(103, 53, 53, "Connection aborted"),
    /// Connection reset by peer.
    ECONNRESET(104, 54, 54, "Connection reset by peer"),
    /// No buffer space available.
    ENOBUFS(105, 55, 55, "No buffer space available"),
    /// Already connected.
    EISCONN(106, 56, 56, "Already connected"),
    /// Not connected.
    ENOTCONN(107, 57, 57, "Not connected"),
    /// Cannot send after shutdown.
    ESHUTDOWN(108, 58, 58, "Cannot send after shutdown"),
    /// Too many references.
    ETOOMANYREFS(109, 59, 59, "Too many references"),
    /// Timed out.
    ETIMEDOUT(110, 60, 60, "Timed out"),
    /// Connection refused.
    ECONNREFUSED(111, 61, 61, "Connection refused"),
    /// Too many levels of symbolic links.
    ELOOP(40, 62, 62, "Too many levels of symbolic links"),
    /// File name too long.
    ENAMETOOLONG(36, 63, 63, "File name too long"),
    /// Host is down.
    EHOSTDOWN(112, 64, 64, "Host is down"),
    /// No route to host.
    EHOSTUNREACH(113, 65, 65, "No route to host"),
    /// Directory not empty.
    ENOTEMPTY(39, 66, 66, "Directory not empty"),
    /// Too many users.
    EUSERS(87, 68, 68, "Too many users"),
    /// Disk quota exceeded.
    EDQUOT(122, 69, 69, "Disk quota exceeded"),
    /// Stale file handle.
    ESTALE(116, 70, 70, "Stale file handle"),
    /// Object is remote.
    EREMOTE(66, 71, 71, "Object is remote"),
    /// No locks available.
    ENOLCK(37, 77, 77, "No locks available"),
    /// Function not implemented.
    ENOSYS(38, 78, 78, "Function not implemented"),
    /// Value too large.
    EOVERFLOW(75, 84, 84, "Value too large"),
    /// Operation cancelled.
    ECANCELED(125, 89, 85, "Operation cancelled"),
    /// Identifier removed.
    EIDRM(43, 90, 82, "Identifier removed"),
    /// No message of the desired type.
    ENOMSG(42, 91, 83, "No message of the desired type"),
    /// Illegal byte sequence.
    EILSEQ(84, 92, 86, "Illegal byte sequence"),
    /// Bad message.
    EBADMSG(74, 94, 89, "Bad message"),
    /// Multihop attempted.
    EMULTIHOP(72, 95, 90, "Multihop attempted"),
    /// No data available.
    ENODATA(61, 96, 0, "No data available"),
    /// Link severed.
    ENOLINK(67, 97, 91, "Link severed"),
    /// Out of stream resources.
    ENOSR(63, 98, 0, "Out of stream resources"),
    /// Not a stream.
    ENOSTR(60, 99, 0, "Not a stream"),
    /// Protocol error.
    EPROTO(71, 100, 92, "Protocol error"),
    /// Stream timer expired.
    ETIME(62, 101, 0, "Stream timer expired"),
    /// State not recoverable.
    ENOTRECOVERABLE(131, 104, 95, "State not recoverable"),
    /// Previous owner died.
    EOWNERDEAD(130, 105, 96, "Previous owner died"),
    /// Attribute not found.
    ENOATTR(0, 93, 87, "Attribute not found"),
    /// Inappropriate file type or format.
    EFTYPE(0, 79, 79, "Inappropriate file type or format"),
    /// Authentication error.
    EAUTH(0, 80, 80, "Authentication error"),
    /// Authentication needed.
    ENEEDAUTH(0, 81, 81, "Authentication needed"),
    /// Bad structure of a remote call.
    EBADRPC(0, 72, 72, "Bad structure of a remote call"),
    /// Wrong version of a remote call.
    ERPCMISMATCH(0, 73, 73, "Wrong version of a remote call"),
    /// Remote program not available.
    EPROGUNAVAIL(0, 74, 74, "Remote program not available"),
    /// Wrong version of a remote program.
    EPROGMISMATCH(0, 75, 75, "Wrong version of a remote program"),
    /// Unknown remote procedure.
    EPROCUNAVAIL(0, 76, 76, "Unknown remote procedure"),
    /// Too many processes.
    EPROCLIM(0, 67, 67, "Too many processes"),
    /// Device power is off.
    EPWROFF(0, 82, 0, "Device power is off"),
    /// Device error.
    EDEVERR(0, 83, 0, "Device error"),
    /// Bad executable.
    EBADEXEC(0, 85, 0, "Bad executable"),
    /// Wrong processor type in executable.
    EBADARCH(0, 86, 0, "Wrong processor type in executable"),
    /// Shared library version mismatch.
    ESHLIBVERS(0, 87, 0, "Shared library version mismatch"),
    /// Malformed executable.
    EBADMACHO(0, 88, 0, "Malformed executable"),
    /// No such policy.
    ENOPOLICY(0, 103, 0, "No such policy"),
    /// Interface output queue is full.
    EQFULL(0, 106, 0, "Interface output queue is full"),
    /// Capabilities insufficient.
    ENOTCAPABLE(0, 107, 93, "Capabilities insufficient"),
    /// Not permitted in capability mode.
    ECAPMODE(0, 0, 94, "Not permitted in capability mode"),
    /// Integrity check failed.
    EINTEGRITY(0, 0, 97, "Integrity check failed"),
    /// Programming error.
    EDOOFUS(0, 0, 88, "Programming error"),
    /// A number that is not in this table.
    UNKNOWN(0, "Unknown error");

    private static final int NUMBERS = 136;
    private static final int[] LINUX = linuxNumbers(HostOs.current());

    private final int linux;
    private final int macos;
    private final int freebsd;
    private final String description;

    Errno(int number, String description) {
        this(number, number, number, description);
    }

    Errno(int linux, int macos, int freebsd, String description) {
        this.linux = linux;
        this.macos = macos;
        this.freebsd = freebsd;
        this.description = description;
    }

    /// The error with this number on this host, [#UNKNOWN] if there is none.
    ///
    /// @param number as `errno` holds it
    /// @return the error, never null
    public static Errno of(int number) {
        return of(HostOs.current(), number);
    }

    static Errno of(HostOs os, int number) {
        for (Errno errno : values()) {
            if (errno.numberOn(os) == number) {
                return number == 0 ? UNKNOWN : errno;
            }
        }
        return UNKNOWN;
    }

    /// The number that Linux has for an error of this host, as FUSE wants it.
    ///
    /// @param number as `errno` holds it on this host
    /// @return 1 or more; that of [#EIO] for what Linux does not know
    public static int linux(int number) {
        return number > 0 && number < LINUX.length ? LINUX[number] : EIO.linux;
    }

    private static int[] linuxNumbers(HostOs os) {
        int[] numbers = new int[NUMBERS];
        for (int i = 0; i < NUMBERS; i++) {
            Errno errno = of(os, i);
            numbers[i] = switch (errno) {
                case ENOATTR -> ENODATA.linux;
                case ENOTSUP -> EOPNOTSUPP.linux;
                default -> errno.linux == 0 ? EIO.linux : errno.linux;
            };
        }
        return numbers;
    }

    /// Its number on this host, 0 if this host has no such error.
    ///
    /// @return the number as `errno` holds it
    public int number() {
        return numberOn(HostOs.current());
    }

    /// What went wrong, in a few words of English.
    ///
    /// @return as in `No such file or directory`
    public String description() {
        return description;
    }

    int numberOn(HostOs os) {
        return switch (os) {
            case LINUX -> linux;
            case MACOS -> macos;
            case FREEBSD -> freebsd;
        };
    }
}
