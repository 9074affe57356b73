package org.vhostdevice.cli;

/// The entry point of the command.
public final class Main {
    private Main() {}

    /// Runs the command.
    ///
    /// @param args the command line
    public static void main(String[] args) {
        System.out.println("vhost-device " + Main.class.getPackage().getImplementationVersion());
    }
}
