package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.device.UsageException;

class NbdUriTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '"',
            value = {
                "nbd://example.com/disk example.com 10809 disk",
                "nbd://example.com example.com 10809 \"\"",
                "nbd://example.com/ example.com 10809 \"\"",
                "NBD://example.com:1234/a/b example.com 1234 a/b",
                "nbd://example.com//disk example.com 10809 /disk",
                "nbd://example.com/hello%20world example.com 10809 \"hello world\"",
                "nbd://[::1]:99/x ::1 99 x",
                "nbd://[fe80::1] fe80::1 10809 \"\"",
                "nbd://[fe80::1%25eth0]/x fe80::1%eth0 10809 x",
                "nbd://under_score/d under_score 10809 d",
                "nbd://h/%C3%A4+b h 10809 ä+b",
                "nbd://h:/x h 10809 x",
            })
    void tcp(String text, String host, int port, String export) throws Exception {
        NbdUri uri = NbdUri.parse(text);
        assertEquals(new NbdUri.Endpoint.Tcp(host, port), uri.endpoint());
        assertEquals(export, uri.export());
        assertNull(uri.tls());
        assertTrue(NbdUri.matches(text));
    }

    @Test
    void unixSocket() throws Exception {
        NbdUri uri = NbdUri.parse("nbd+unix:///disk?socket=/run/my%20sock%26");
        assertEquals(new NbdUri.Endpoint.Unix(Path.of("/run/my sock&")), uri.endpoint());
        assertEquals("disk", uri.export());
        assertEquals("NBD export disk of socket /run/my sock&", uri.toString());
        assertEquals("", NbdUri.parse("nbd+unix:///?socket=s").export());
        assertEquals("", NbdUri.parse("nbd+unix://?socket=s").export());
    }

    @Test
    void tls() throws Exception {
        assertEquals(new NbdUri.Tls(null, "h", true), NbdUri.parse("nbds://h/x").tls());
        assertEquals(
                new NbdUri.Tls(Path.of("/pki"), "n", true),
                NbdUri.parse("nbds+unix:///x?socket=s&tls-certificates=/pki&tls-hostname=n&tls-type=x509")
                        .tls());
        assertEquals(
                new NbdUri.Tls(null, null, false),
                NbdUri.parse("nbds+unix:///x?socket=s&tls-verify-peer=0").tls());
        assertEquals(
                "NBD export x of [::1]:10809 over TLS",
                NbdUri.parse("nbds://[::1]/x").toString());
        assertEquals(
                "the default NBD export of h:10809", NbdUri.parse("nbd://h").toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '"',
            value = {
                "http://h/x \"write nbd://HOST\"",
                "nbd:h \"write nbd://HOST\"",
                "nbd:///x \"host is missing\"",
                "nbd://:10809/x \"host is missing\"",
                "nbd://h:0/x \"from 1 to 65535\"",
                "nbd://h:65536/x \"from 1 to 65535\"",
                "nbd://h:x/x \"from 1 to 65535\"",
                "nbd://::1/x \"host is missing\"",
                "nbd://fe80::1/x brackets",
                "nbd://me@h/x \"users are not supported\"",
                "nbd://h/x#y \"%23\"",
                "nbd://h/%zz \"no URI\"",
                "nbd://h/%ff \"UTF-8\"",
                "nbd://h/a%00 NUL",
                "nbd://h/x?socket=s \"needs the scheme nbd+unix\"",
                "nbds://h/x?socket=s \"needs the scheme nbds+unix\"",
                "nbd+unix:///x \"add ?socket=PATH\"",
                "nbd+unix://h/x?socket=s \"three slashes\"",
                "nbd+unix:///x?socket=%00s abstract",
                "nbd+unix:///x?socket=s%00 \"names no file\"",
                "nbd://h/x?tls-hostname=n \"needs TLS: write nbds\"",
                "nbd+unix:///x?socket=s&tls-verify-peer=0 \"write nbds+unix\"",
                "nbds+unix:///x?socket=s \"add tls-hostname=NAME\"",
                "nbds://h/x?tls-type=psk \"tls-type=x509\"",
                "nbds://h/x?tls-verify-peer=2 \"0 or 1\"",
                "nbd://h/x?y=1 \"is not known\"",
                "nbd://h/x?y \"has no value\"",
                "nbds://h/x?tls-hostname=a&tls-hostname=b twice",
            })
    void refusedWithAdvice(String text, String advice) {
        UsageException e = assertThrows(UsageException.class, () -> NbdUri.parse(text));
        assertTrue(e.getMessage().contains(advice), e.getMessage());
    }

    @Test
    void namesOfMoreThan4096BytesAreRefused() throws Exception {
        assertEquals(4096, NbdUri.parse("nbd://h/" + "x".repeat(4096)).export().length());
        assertThrows(UsageException.class, () -> NbdUri.parse("nbd://h/" + "x".repeat(4097)));
        NbdUri.Endpoint endpoint = new NbdUri.Endpoint.Tcp("h", 1);
        String tooLong = "x".repeat(4097);
        assertThrows(IllegalArgumentException.class, () -> new NbdUri(endpoint, tooLong, null));
    }

    @Test
    void pathsAreNoUris() {
        assertFalse(NbdUri.matches("nbd.img"));
        assertFalse(NbdUri.matches("/nbd:/x"));
        assertTrue(NbdUri.matches("nbds+unix:///x"));
    }

    @Test
    void textFromOthersIsFitForOneLine() {
        assertEquals("a?b?c", Text.printable("a\nb\u202ec"));
        assertEquals(203, Text.printable("x".repeat(500)).length());
    }
}
