"""Uses sockets of a guest as it is told: one command a line, after a number, with numbers as arguments.

Prints `@@NAME VALUE` for what came out, and `@@done-NUMBER STATUS` at the end of each command, as Guest expects."""

import ctypes
import errno
import fcntl
import hashlib
import os
import resource
import selectors
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

LOCAL = 1
HOST = 2
CHUNK = 65536
ANSWER = bytes(range(256)) * 400
GET_LOCAL_CID = 0x7B9
TO_HOST = 1
LIMIT = 60
SYSTEM_PORT = 1023
held = []
inner = []


def tell(name, value):
    print(f"@@{name} {value}", flush=True)


def connect(port, kind=socket.SOCK_STREAM, cid=HOST):
    stream = socket.socket(socket.AF_VSOCK, kind)
    stream.connect((cid, port))
    return stream


def listen(port, kind=socket.SOCK_STREAM):
    listener = socket.socket(socket.AF_VSOCK, kind)
    listener.bind((socket.VMADDR_CID_ANY, port))
    listener.listen(128)
    tell("listening", "yes")
    return listener


def accept(port, kind=socket.SOCK_STREAM):
    with listen(port, kind) as listener:
        return listener.accept()[0]


def read_all(stream):
    data = bytearray()
    while part := stream.recv(CHUNK):
        data += part
    return bytes(data)


def digest(stream):
    """The length and the checksum of all that comes."""
    check, count = hashlib.sha256(), 0
    while part := stream.recv(CHUNK):
        check.update(part)
        count += len(part)
    return f"{count} {check.hexdigest()}"


def both_ways(stream, count):
    """Sends random bytes and says that there are no more, while it takes what comes until there is no more."""
    data = os.urandom(count)

    def send():
        stream.sendall(data)
        stream.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    tell("came", digest(stream))
    sender.join()
    tell("sent", f"{count} {hashlib.sha256(data).hexdigest()}")
    stream.close()


def exchange(port, count):
    both_ways(connect(port), count)


def exchange_called(port, count):
    both_ways(accept(port), count)


def by_program(count, *command, listens=False):
    """Sends random bytes by the input of a program, and takes what comes by its output."""
    data = os.urandom(count)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        while listens and b"istening on" not in (line := program.stderr.readline()):
            assert line, command
        tell("listening", "yes")
        came, said = program.communicate(data, LIMIT)
    assert program.returncode == 0, said
    tell("came", f"{len(came)} {hashlib.sha256(came).hexdigest()}")
    tell("sent", f"{count} {hashlib.sha256(data).hexdigest()}")


def socat(port, count):
    by_program(count, "socat", f"-t{LIMIT}", "-", f"VSOCK-CONNECT:{HOST}:{port}")


def socat_called(port, count):
    by_program(count, "socat", "-dd", f"-t{LIMIT}", "-", f"VSOCK-LISTEN:{port}", listens=True)


def ncat(port, count):
    by_program(count, "ncat", "--vsock", str(HOST), str(port))


def ncat_called(port, count):
    """One way only: ncat leaves when those who have called it send no more, whatever it still has for them."""
    by_program(0, "ncat", "-v", "--recv-only", "--vsock", "-l", str(port), listens=True)


def ask(port):
    """Sends a question and says that it is all, which the other side waits for before it answers."""
    with connect(port) as stream:
        stream.sendall(b"question")
        stream.shutdown(socket.SHUT_WR)
        tell("answer", digest(stream))


def reply(port):
    """Answers a question of the host, once the host has said that it is all."""
    with accept(port) as stream:
        tell("question", read_all(stream).decode())
        stream.sendall(ANSWER)
    tell("answer", f"{len(ANSWER)} {hashlib.sha256(ANSWER).hexdigest()}")


def send_and_close(port, count):
    """Sends some lines by each of many connections and closes it at once."""
    for number in range(count):
        with connect(port) as stream:
            stream.sendall(b"READY=%d\n" % number * 100)


def notify(port, kind):
    """Says that a service is ready, as sd_notify(3) does by a NOTIFY_SOCKET of vsock: from a port of the system, with
    a half-close at the end, after which it waits until the other side has closed too."""
    with socket.socket(socket.AF_VSOCK, kind) as stream:
        stream.bind((socket.VMADDR_CID_ANY, SYSTEM_PORT))
        stream.connect((HOST, port))
        stream.send(b"READY=1\nSTATUS=up")
        stream.shutdown(socket.SHUT_WR)
        tell("answer", len(stream.recv(1)))


def many(port, count):
    """Opens connections, sends a line by each, and counts those by which it comes back."""
    streams = [connect(port) for _ in range(count)]
    for number, stream in enumerate(streams):
        stream.sendall(b"%08d" % number)
    good = sum(stream.recv(8, socket.MSG_WAITALL) == b"%08d" % number for number, stream in enumerate(streams))
    tell("echoes", good)
    for stream in streams:
        stream.close()


def exchange_messages(stream, sizes):
    for size in sizes:
        stream.send(bytes([size & 255]) * size)
    lengths = []
    for _ in sizes:
        message = stream.recv(1 << 20)
        assert set(message) <= {len(message) & 255}, len(message)
        lengths.append(len(message))
    tell("lengths", " ".join(map(str, lengths)))
    stream.close()


def messages(port, *sizes):
    exchange_messages(connect(port, socket.SOCK_SEQPACKET), sizes)


def messages_called(port, *sizes):
    exchange_messages(accept(port, socket.SOCK_SEQPACKET), sizes)


def refused(port, cid=HOST):
    """The error that a connection to nobody ends with."""
    try:
        connect(port, cid=cid).close()
        tell("error", "none")
    except OSError as error:
        tell("error", errno.errorcode.get(error.errno, error))


def refused_messages(port):
    try:
        connect(port, socket.SOCK_SEQPACKET).close()
        tell("error", "none")
    except OSError as error:
        tell("error", errno.errorcode.get(error.errno, error))


def hold(port):
    """Keeps a connection open until the guest ends."""
    held.append(connect(port))
    held[-1].sendall(b"here")


def cid():
    with open("/dev/vsock", "rb") as device:
        tell("cid", struct.unpack("I", fcntl.ioctl(device, GET_LOCAL_CID, b"\0\0\0\0"))[0])


def connect_sibling(cid, port):
    """To another guest: with the flag that says that the host forwards it."""
    stream = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    address = struct.pack("=HHIIB3x", socket.AF_VSOCK, 0, port, cid, TO_HOST)
    stream.setblocking(True)
    if ctypes.CDLL(None, use_errno=True).connect(stream.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "connect")
    stream.settimeout(LIMIT)
    return stream


def exchange_sibling(cid, port, count):
    both_ways(connect_sibling(cid, port), count)


def order(*words):
    """Tells the guest inside this one what to do; InnerGuest takes it."""
    if not inner:
        command = os.environ["INNER_GUEST"].split()
        inner.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    inner[0].stdin.write(" ".join(map(str, words)) + "\n")
    inner[0].stdin.flush()


def report():
    """What the guest inside says of its last order."""
    for line in inner[0].stdout:
        name, _, value = line.strip().partition(" ")
        if name == "done":
            return
        tell("inner-" + name, value)
    raise EOFError("the guest inside has ended")


def exchange_inner(port, count):
    with listen(port) as listener:
        order("connect", port, count)
        both_ways(listener.accept()[0], count)
    report()


def exchange_inner_called(port, count):
    order("accept", port, count)
    both_ways(connect(port, cid=LOCAL), count)
    report()


def messages_inner(port, *sizes):
    with listen(port, socket.SOCK_SEQPACKET) as listener:
        order("messages", port, *sizes)
        exchange_messages(listener.accept()[0], sizes)
    report()


def refused_inner(port):
    order("refused", port)
    report()


def refused_by_inner(port):
    """What becomes of a connection that the guest inside refuses."""
    order("refuse", port)
    with connect(port, cid=LOCAL) as stream:
        tell("came", len(stream.recv(1)))
    report()


def rate(amount, begin):
    tell("rate", f"{amount / (time.monotonic() - begin):.3f}")


def send_load(port, milliseconds, size):
    """MiB a second to the host, by calls with so many bytes."""
    block, sent = bytes(size), 0
    with connect(port) as stream:
        begin = time.monotonic()
        while time.monotonic() - begin < milliseconds / 1000:
            sent += stream.send(block)
        rate(sent / (1 << 20), begin)


def receive_load(port, milliseconds):
    """MiB a second from the host."""
    room, came = bytearray(4 * CHUNK), 0
    with connect(port) as stream:
        begin = time.monotonic()
        while time.monotonic() - begin < milliseconds / 1000:
            came += stream.recv_into(room)
        rate(came / (1 << 20), begin)


def trip_load(port, milliseconds):
    """Bytes a second that have gone to the host and back, one at a time."""
    trips = 0
    with connect(port) as stream:
        begin = time.monotonic()
        while time.monotonic() - begin < milliseconds / 1000:
            stream.send(b"x")
            stream.recv(1)
            trips += 1
        rate(trips, begin)


def crowd_load(port, milliseconds, count):
    """Bytes a second there and back by many connections with one byte each; also the slowest's share of the mean."""
    waiting = selectors.DefaultSelector()
    trips = {}
    for _ in range(count):
        stream = connect(port)
        waiting.register(stream, selectors.EVENT_READ)
        trips[stream] = 0
    begin = time.monotonic()
    for stream in trips:
        stream.send(b"x")
    while time.monotonic() - begin < milliseconds / 1000:
        for key, _ in waiting.select(1):
            key.fileobj.recv(1)
            trips[key.fileobj] += 1
            key.fileobj.send(b"x")
    total = sum(trips.values())
    rate(total, begin)
    tell("fairness", f"{min(trips.values()) * count / total:.3f}")
    for stream in trips:
        stream.close()


def main():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    socket.setdefaulttimeout(LIMIT)
    tell("ready", "yes")
    for line in sys.stdin:
        number, name, *arguments = line.split()
        if name == "exit":
            break
        status = 0
        try:
            globals()[name](*map(int, arguments))
        except Exception:
            traceback.print_exc(file=sys.stdout)
            status = 1
        tell(f"done-{number}", status)


main()
