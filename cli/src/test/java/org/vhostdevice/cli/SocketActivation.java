package org.vhostdevice.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vhostdevice.core.sys.Program;
import org.vhostdevice.core.sys.UnixSocket;

/// Listens on a socket and becomes another program, which has it as a descriptor, as a management tool does.
public final class SocketActivation {
    private SocketActivation() {}

    /// Listens, and becomes the other program.
    ///
    /// @param args where to listen, and the command line of the other program, in which `{fd}` stands for the
    ///     number
    public static void main(String[] args) throws IOException {
        int fd = UnixSocket.listen(Path.of(args[0]), 1).release();
        List<byte[]> words = new ArrayList<>();
        for (String word : List.of(args).subList(1, args.length)) {
            words.add(word.replace("{fd}", String.valueOf(fd)).getBytes(StandardCharsets.UTF_8));
        }
        List<byte[]> variables = Program.start(Map.of()).variables();
        Program.replace(new Program.Start(Path.of(args[1]), words, variables), Set.of(fd));
    }
}
