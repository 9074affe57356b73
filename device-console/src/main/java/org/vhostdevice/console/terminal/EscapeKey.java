package org.vhostdevice.console.terminal;

/// Finds the escape key among the bytes that a person types, and the key behind it, which is for this program
/// and not for the guest. One thread.
public final class EscapeKey {
    /// What Linux takes for a break on a virtio console: the next key is a system request.
    public static final byte BREAK = 0x0f;

    /// The key, `Ctrl-]`, which leaves other terminals too.
    private static final int KEY = 0x1d;

    private static final int CASE = 0x20;

    private boolean pressed;

    /// What a byte is for.
    public enum Meaning {
        /// The guest gets it.
        DATA,
        /// It is the escape key: the next one is for this program.
        ESCAPE,
        /// It came behind the escape key and means nothing.
        NOTHING,
        /// Leave the guest alone, which goes on.
        DETACH,
        /// Send a break.
        BREAK,
        /// Tell the guest the size of the window again.
        RESIZE,
        /// End the program.
        QUIT,
        /// Tell what the keys are.
        HELP
    }

    /// Makes one that has seen nothing.
    public EscapeKey() {}

    /// Takes the next byte.
    ///
    /// @param typed from -128 to 127
    /// @return what it is for
    public Meaning take(byte typed) {
        if (!pressed) {
            pressed = typed == KEY;
            return pressed ? Meaning.ESCAPE : Meaning.DATA;
        }
        pressed = false;
        return switch (typed | CASE) {
            case KEY | CASE -> typed == KEY ? Meaning.DATA : Meaning.NOTHING;
            case 'd' -> Meaning.DETACH;
            case 'b' -> Meaning.BREAK;
            case 'r' -> Meaning.RESIZE;
            case 'q' -> Meaning.QUIT;
            case 'h', '?' -> Meaning.HELP;
            default -> Meaning.NOTHING;
        };
    }
}
