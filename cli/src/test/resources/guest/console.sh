# Functions of a guest for tests of its console device.

# Makes links to ports by their names, as udev does.
console_links() {
    mkdir -p /dev/virtio-ports
    for port in /sys/class/virtio-ports/*; do
        [ -s "$port/name" ] && ln -sf "/dev/${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
    done
    return 0
}

# Waits until there are $1 ports.
console_await() {
    until [ "$(ls /sys/class/virtio-ports 2>/dev/null | wc -l)" -ge "$1" ]; do
        usleep 20000
    done
    console_links
}

# Lets people log in on the first $1 consoles, as root with the password tango.
console_login() {
    mkdir -p /etc /root
    echo 'root:$1$vhost$yQJHkHN5EruM8.9DUzRJl0:0:0:root:/root:/bin/sh' >/etc/passwd
    echo 'root:x:0:' >/etc/group
    for one in $(seq 0 $(($1 - 1))); do
        while :; do
            setsid getty -L 38400 "hvc$one" vt100 </dev/null >/dev/null 2>&1
        done &
    done
}

# On each of the ports $1 to $2, says + when somebody is there on the host, and sends back what comes in.
console_echo() {
    for one in $(seq "$1" "$2"); do
        { echo + >&0 && cat >&0; } <>"/dev/virtio-ports/p$one" &
    done
}
