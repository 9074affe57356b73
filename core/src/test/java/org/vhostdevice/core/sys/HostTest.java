package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostTest {
    @TempDir
    private Path folder;

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void pageIsAPowerOfTwo() {
        assertEquals(1, Long.bitCount(Host.pageSize()));
        assertTrue(Host.pageSize() >= 4096);
    }

    @Test
    void pagesMayBeTakenForLargerOnesButNotForSmallerOnes() {
        assertEquals(Math.max(4096, HostAbi.limit().pageSize()), Host.pageSize(4096, ""));
        assertEquals(16_384, Host.pageSize(16_384, ""));
        assertEquals(65_536, Host.pageSize(4096, "65536"));
        for (String wrong : new String[] {"2048", "5000", "-4096", "x", "99999999999999999999"}) {
            Exception e = assertThrows(IllegalArgumentException.class, () -> {
                var _ = Host.pageSize(4096, wrong);
            });
            assertEquals("-Dvhost.page-size: '" + wrong + "' is not a power of two of 4096 or more", e.getMessage());
        }
    }

    @Test
    void someFilesMayBeOpen() throws IOException {
        assertTrue(Host.rlimitNofile() >= 20);
    }

    @Test
    void asManyFilesMayBeOpenAsWantedAndNeverFewer() throws IOException {
        long before = Host.rlimitNofile();
        assertEquals(before, Host.allowOpenFiles(20));
        assertEquals(before, Host.allowOpenFiles(before));
        try {
            Host.limitOpenFiles(before - 2, Isolation.hardLimitOfOpenFiles());
            assertEquals(before - 1, Host.allowOpenFiles(before - 1));
            assertTrue(Host.allowOpenFiles(Long.MAX_VALUE) >= before - 1);
        } finally {
            long _ = Host.allowOpenFiles(before);
        }
    }

    @Test
    void permissionsOfASocketAreSet() throws IOException {
        Path path = folder.resolve("sock");
        UnixSocket.listen(path, 1).close();
        Host.chmod(path, 0640);
        assertEquals("rw-r-----", permissions(path));
        Host.chmod(path, 0700);
        assertEquals("rwx------", permissions(path));
    }

    @Test
    void everyPermissionBitHasItsLetter() {
        assertEquals("---------", Host.permissions(0));
        assertEquals("rwxrwxrwx", Host.permissions(0777));
        assertEquals("r---w---x", Host.permissions(0421));
    }

    @Test
    void otherModeBitsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Host.chmod(folder, 04755));
        assertThrows(IllegalArgumentException.class, () -> Host.chmod(folder, -1));
    }

    @Test
    void umaskHoldsPermissionsBack() throws IOException {
        int before = Host.umask(0077);
        try {
            Path path = folder.resolve("sock");
            UnixSocket.listen(path, 1).close();
            assertEquals("rwx------", permissions(path));
        } finally {
            assertEquals(0077, Host.umask(before));
        }
    }

    @Test
    void groupIsFoundByNameOrNumber() throws IOException {
        Path path = Files.createFile(folder.resolve("file"));
        Object gid = Files.getAttribute(path, "unix:gid");
        Host.chownGroup(path, gid.toString());
        assertEquals(gid, Files.getAttribute(path, "unix:gid"));
        assertThrows(UserPrincipalNotFoundException.class, () -> Host.chownGroup(path, "no such group"));
    }
}
