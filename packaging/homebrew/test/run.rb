# ruby run.rb FORMULA ARCHIVE: installs an archive by its formula below a temporary folder, tests it there as
# `brew test` does, and looks at what is where.
require_relative "formula"

def check(what, holds)
  abort "homebrew: #{what}" unless holds
end

formula_file, archive = ARGV.map { |path| File.expand_path(path) }
load formula_file
klass = Formula.the_only_one
said = klass.said
check "the checksum is not the archive's", said[:sha256] == Digest::SHA256.file(archive).hexdigest
check "a description has at most 80 characters and no full stop", said[:desc].length <= 80 && !said[:desc].end_with?(".")
check "an address is not set", said.values_at(:homepage, :url).all? { |url| url.start_with?("https://") && !url.include?("@") }
check "the address does not end with the archive's name", said[:url].end_with?("/#{File.basename(archive)}")

Dir.mktmpdir do |folder|
  formula = klass.new(File.realpath(folder))
  Dir.mktmpdir do |build|
    system("tar", "-xzf", archive, "-C", build, exception: true)
    # As Homebrew does, from the only folder of the archive.
    Dir.chdir(Dir[File.join(build, "*")].first) { formula.install }
  end
  formula.post_install
  FileUtils.mkdir_p(formula.opt_bin.dirname.dirname)
  FileUtils.ln_s(formula.prefix, formula.opt_bin.dirname)

  commands = formula.bin.children.map { |command| command.basename.to_s }
  check "commands are missing: #{commands}", %w[vhost-device vhost-device-blk vhost-device-fs].all? { |one| commands.include?(one) }
  commands.each do |command|
    check "#{command} has no page", (formula.man1/"#{command}.1").file?
    check "#{command} is not completed by bash", (formula.bash_completion/command).file?
  end
  check "zsh completes nothing", (formula.zsh_completion/"_vhost-device").file?
  Dir[formula.share/"qemu/vhost-user/*.json"].each do |file|
    binary = File.read(file)[/"binary": "(.*)"/, 1]
    check "#{file} names #{binary}, which is not there", File.executable?(binary)
  end

  service = ServiceStub.new(formula)
  service.instance_eval(&klass.service_block)
  program, options = service.said[:run].map(&:to_s)
  check "the service starts #{program}", File.executable?(program)
  check "the service has no options", File.file?(options.delete_prefix("@"))
  check "what the user is told names no file that is there", formula.caveats.include?(options.delete_prefix("@"))

  Dir.mktmpdir { |work| Dir.chdir(work) { formula.instance_eval(&klass.test_block) } }

  # The service for real: it serves what its options say until it is ended.
  image = formula.var/"lib/vhost-device/disk.img"
  File.open(image, "w") { |file| file.truncate(1 << 20) }
  socket = formula.var/"run/vhost-device/disk.sock"
  pid = Process.spawn(program, options, err: File.join(folder, "log"))
  600.times { socket.socket? || sleep(0.1) }
  there = socket.socket?
  Process.kill("TERM", pid)
  _, status = Process.wait2(pid)
  check "the service did not serve: #{File.read(File.join(folder, "log"))}", there
  check "the service ended with #{status.inspect}", status.success?
end
puts "homebrew: installed and tested from #{File.basename(archive)}"
