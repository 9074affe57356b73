package org.vhostdevice.blk.nbd;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Keeps one connection up: a thread that reads its replies, and connects again when it has ended.
final class Lane implements Runnable {
    private static final Logger LOGGER = System.getLogger(Lane.class.getName());
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(10);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration FAREWELL_TIME = Duration.ofSeconds(1);
    private static final Duration JOIN_TIME = Duration.ofSeconds(5);

    private final Session session;
    private final Thread thread;
    private @Nullable Connection connection;
    private Duration pause = SHORTEST_PAUSE;
    private boolean told;

    /// @param number of the lane, for the thread's name
    /// @param first a connection that is offered already; null to make one
    Lane(Session session, int number, @Nullable Connection first) {
        this.session = session;
        this.connection = first;
        this.thread = Thread.ofPlatform().daemon().name("vhost-nbd-" + number).unstarted(this);
    }

    void start() {
        thread.start();
    }

    @Override
    public void run() {
        try {
            do {
                serve();
            } while (session.pause(nextPause()));
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "an NBD connection is given up", e); // interrupted by end()
        }
    }

    /// Connects, and reads replies until the connection ends.
    private void serve() {
        String why = "it failed";
        try {
            Connection current = connection;
            if (current == null) {
                current = session.reconnect();
                connection = current;
                if (!session.publish(current)) {
                    current.disconnect(Deadline.after(FAREWELL_TIME));
                    return;
                }
                tellBack();
            }
            current.serve();
        } catch (IOException e) {
            why = String.valueOf(e.getMessage());
        } catch (RuntimeException | Error e) {
            LOGGER.log(Level.ERROR, session + ": the connection ends by a fault of this program", e);
        } finally {
            session.failed(connection, why);
            if (connection != null && connection.hasAnswered()) {
                pause = SHORTEST_PAUSE;
            }
            connection = null;
        }
        tellAway(why);
    }

    private Duration nextPause() {
        Duration now = pause;
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
        return now;
    }

    private void tellBack() {
        if (told) {
            LOGGER.log(Level.INFO, "{0}: connected again", session);
            told = false;
        }
    }

    private void tellAway(String why) {
        if (session.isClosed() || told) {
            return;
        }
        told = true;
        LOGGER.log(Level.WARNING, "{0}: the connection has ended: {1}", session, why);
        long lost = session.book().lost();
        if (lost > 0) {
            LOGGER.log(
                    Level.WARNING,
                    "{0}: {1} acknowledged writes were not flushed; flushes fail from now on",
                    session,
                    lost);
        }
    }

    /// Ends the thread of a session that is closed.
    void end() {
        thread.interrupt();
        try {
            boolean _ = thread.join(JOIN_TIME);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
