package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/// Files that a guest has written to stable storage: their names, and the byte of the payload that each begins with.
final class WrittenFiles {
    private static final String WRITTEN = "written-";

    private final Payload payload;
    private final Map<String, Integer> starts = new TreeMap<>();

    /// None yet.
    ///
    /// @param payload what the guest writes pieces of
    WrittenFiles(Payload payload) {
        this.payload = payload;
    }

    /// Adds those that a command has told of until now.
    void add(Guest.Pending load) {
        load.valuesSoFar().forEach((name, value) -> {
            if (name.startsWith(WRITTEN)) {
                starts.put(name.substring(WRITTEN.length()), Integer.parseInt(value));
            }
        });
    }

    /// Forgets those whose name begins so.
    void remove(String prefix) {
        starts.keySet().removeIf(name -> name.startsWith(prefix));
    }

    int count() {
        return starts.size();
    }

    /// Reads each in a guest in which they are mounted, and compares it with what the host knows.
    void verify(Guest guest) throws IOException {
        for (var file : starts.entrySet()) {
            String sum = guest.query("blk_sum " + file.getKey(), "sum-" + file.getKey());
            assertEquals(payload.sumFrom(file.getValue()), sum, file.getKey());
        }
    }
}
