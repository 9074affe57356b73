class VhostDevice < Formula
  desc "Virtio devices in user space, served to virtual machines over vhost-user"
  homepage "@url@"
  url "@url@/releases/download/v@version@/vhost-device-@version@.tar.gz"
  sha256 "@sha256@"
  license "Apache-2.0"

  depends_on "openjdk"

  def install
    libexec.install "bin", "lib"
    # The launcher looks at the name it is called by, so each command has a wrapper of its own.
    (libexec/"bin").children.each do |command|
      (bin/command.basename).write_env_script command, Language::Java.overridable_java_home_env
    end

    man1.install Dir["share/man/man1/*"]
    bash_completion.install Dir["share/bash-completion/completions/*"]
    zsh_completion.install Dir["share/zsh/site-functions/*"]
    fish_completion.install Dir["share/fish/vendor_completions.d/*"]
    doc.install Dir["share/doc/vhost-device/*"]

    inreplace Dir["share/qemu/vhost-user/*.json"], "/usr/bin/", "#{opt_bin}/"
    (share/"qemu/vhost-user").install Dir["share/qemu/vhost-user/*.json"]

    (buildpath/"service.options").write <<~OPTIONS
      # What 'brew services start vhost-device' serves: the words of a command, on one line or on many.
      # vhost-device-blk(1) and the pages of other devices tell which there are.
      blk
      --socket #{var}/run/vhost-device/disk.sock
      --blk-file #{var}/lib/vhost-device/disk.img
    OPTIONS
    (etc/"vhost-device").install "service.options"
  end

  def post_install
    (var/"run/vhost-device").mkpath
    (var/"lib/vhost-device").mkpath
    (var/"log").mkpath
  end

  def caveats
    <<~EOS
      What the service serves is in
        #{etc}/vhost-device/service.options
      At first it is a disk, whose image you make before you start the service:
        truncate -s 10G #{var}/lib/vhost-device/disk.img
      Virtual machines attach to
        #{var}/run/vhost-device/disk.sock
      QEMU must have been built with vhost-user:
        qemu-system-aarch64 -device help | grep vhost-user
    EOS
  end

  service do
    run [opt_bin/"vhost-device", "@#{etc}/vhost-device/service.options"]
    keep_alive successful_exit: false
    working_dir var/"lib/vhost-device"
    log_path var/"log/vhost-device.log"
    error_log_path var/"log/vhost-device.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/vhost-device --version")
    assert_match "\"type\":\"block\"", shell_output("#{bin}/vhost-device-blk --print-capabilities")
    assert_match "Name a device", shell_output("#{bin}/vhost-device 2>&1", 2)
    assert_match "It works.", shell_output("#{bin}/vhost-device quickstart")
  end
end
