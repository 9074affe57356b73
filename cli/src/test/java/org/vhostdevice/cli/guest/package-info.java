/// Real guests for tests: kernels and tools from the distribution's packages, booted in User Mode Linux or QEMU with
/// a vhost-user device, driven over their console.
@NullMarked
package org.vhostdevice.cli.guest;

import org.jspecify.annotations.NullMarked;
