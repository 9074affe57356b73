package org.vhostdevice.console.port;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.console.end.EndContext;
import org.vhostdevice.console.end.EndEvents;
import org.vhostdevice.console.end.HostEnd;

/// A port: its host end, and what guest and host know of each other. Worker's thread only, but for its making.
public final class Port implements EndEvents {
    private final PortTraits traits;
    private final HostEnd end;
    private final PortInput input;
    private TerminalSize size;
    private int number = -1;
    private @Nullable PortSlot slot; // while the device has the port
    private @Nullable PortSink sink; // from then on

    private boolean ended;
    private boolean hostOpen;
    // What the guest has been told, and has said.
    private boolean announced;
    private boolean ready;
    private boolean guestOpen;
    private boolean toldOpen;
    private int notices;

    /// Makes a port.
    ///
    /// @param traits what it is like
    /// @param end of the host; the port's from now on
    public Port(PortTraits traits, HostEnd end) {
        this.traits = traits;
        this.end = end;
        this.input = new PortInput(end);
        this.size = traits.size();
    }

    /// {@return what it is like} Any thread.
    public PortTraits traits() {
        return traits;
    }

    /// Gets its number and begins.
    ///
    /// @throws IOException if the host refuses
    void start(PortSlot given, EndContext context) throws IOException {
        slot = given;
        number = given.number();
        sink = new PortSink(end, traits, given.counters());
        end.start(context, this);
    }

    /// Ends; what the host has not taken is tried once more. The worker's thread if it has begun, any other if not; a
    /// second call does nothing.
    public void close() {
        if (!ended) {
            ended = true;
            if (sink != null) {
                boolean _ = sink.unstick();
            }
            slot = null;
            end.close();
        }
    }

    /// Its number, also after its end.
    int number() {
        return number;
    }

    TerminalSize size() {
        return size;
    }

    PortInput input() {
        return input;
    }

    @Nullable
    PortSink sink() {
        return sink;
    }

    void reopen() {
        end.reopen();
    }

    // What the host's end says.

    @Override
    public void opened() {
        hostOpen = true;
        tellOpen();
    }

    @Override
    public void closed() {
        hostOpen = false;
        tellOpen();
        writable();
    }

    private void tellOpen() {
        if (ready) {
            notice(hostOpen ? Notice.OPEN : Notice.CLOSE);
        }
    }

    @Override
    public void readable() {
        if (input.readable() && slot != null) {
            slot.resumeInput();
        }
    }

    @Override
    public void writable() {
        if (sink != null && sink.unstick() && slot != null) {
            slot.resumeOutput();
        }
    }

    @Override
    public void resized(int columns, int rows) {
        size = new TerminalSize(columns, rows);
        if (slot != null) {
            slot.resized();
        }
        if (ready && traits.console()) {
            notice(Notice.SIZE);
        }
    }

    // What the guest says.

    /// Has the guest told that there is this port.
    void announce() {
        if (!announced) {
            announced = true;
            notice(Notice.ADD);
        }
    }

    boolean announced() {
        return announced;
    }

    /// The driver has a port, or has none since something failed.
    void setReady(boolean now) {
        ready = now;
        if (!now) {
            return;
        }
        if (traits.console()) {
            notice(Notice.CONSOLE);
            notice(Notice.SIZE);
        }
        if (!traits.name().isEmpty()) {
            notice(Notice.NAME);
        }
        if (hostOpen) {
            notice(Notice.OPEN);
        }
    }

    /// A program of the guest has opened or closed the port.
    void setGuestOpen(boolean now) {
        if (guestOpen != now) {
            guestOpen = now;
            end.guestOpened(now);
        }
        allowInput();
    }

    boolean guestOpen() {
        return guestOpen;
    }

    /// The driver is gone, and with it all that it knew and all that was meant for its guest.
    void reset() {
        announced = false;
        ready = false;
        toldOpen = false;
        notices = 0;
        setGuestOpen(false);
        input.clear();
    }

    /// {@return what moves with the guest}
    PortState state() {
        return new PortState(number, announced, ready, guestOpen, toldOpen, notices);
    }

    /// Goes on where another process has left the port.
    void restore(PortState state) {
        announced = state.announced();
        ready = state.ready();
        toldOpen = state.toldOpen();
        notices = state.notices() & Notice.STANDING;
        setGuestOpen(state.guestOpen());
        if (ready && toldOpen != hostOpen) {
            tellOpen();
        }
        if (notices != 0 && slot != null) {
            slot.talk(this);
        }
    }

    /// Looks whether the guest takes input now.
    void allowInput() {
        input.allow(slot != null && slot.hasInputRing() && guestOpen);
        if (!input.isEmpty() && slot != null) {
            slot.resumeInput();
        }
    }

    // What the guest is to be told.

    private void notice(Notice notice) {
        notices |= notice.bit();
        if (notice == Notice.CLOSE) {
            notices &= ~Notice.OPEN.bit();
        }
        if (slot != null) {
            slot.talk(this);
        }
    }

    /// Has the guest told that there is no such port any more, if it has heard of it.
    void noticeRemoval() {
        boolean heard = announced && (notices & Notice.ADD.bit()) == 0;
        notices = heard ? Notice.REMOVE.bit() : 0;
    }

    /// What is told next; null for nothing.
    @Nullable
    Notice nextNotice() {
        return Notice.first(notices);
    }

    void told(Notice notice) {
        notices &= ~notice.bit();
        if (notice == Notice.OPEN || notice == Notice.CLOSE) {
            toldOpen = notice == Notice.OPEN;
        }
    }
}
