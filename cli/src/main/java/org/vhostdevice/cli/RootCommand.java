package org.vhostdevice.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The command without a subcommand.
@Command(
        name = "vhost-device",
        mixinStandardHelpOptions = true,
        versionProvider = RootCommand.Version.class,
        description = "Virtio devices in user space, served to virtual machines over vhost-user.",
        footer = {"", "'vhost-device quickstart' shows that it works on this machine."})
final class RootCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a device or another command");
    }

    /// Tells the version in the program's manifest.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {text()};
        }

        /// One line with the version.
        static String text() {
            String version = RootCommand.class.getPackage().getImplementationVersion();
            return "vhost-device " + (version == null ? "(not packaged)" : version);
        }
    }
}
