# A stand-in for what Homebrew gives to a formula, enough to install one below a folder of its own and to test it.
# It knows no more than the formula of this project uses; what it does not know ends the test.
require "digest"
require "fileutils"
require "open3"
require "pathname"
require "tmpdir"

# Homebrew's additions to paths.
class Pathname
  # Moves files into this directory, as they are.
  def install(*sources)
    sources.flatten.each do |source|
      raise "#{source} is not there" unless File.exist?(source) || File.symlink?(source)

      mkpath
      FileUtils.mv(source.to_s, self)
    end
    raise "nothing to install in #{self}" if sources.flatten.empty?
  end

  # A script that sets variables of the environment and becomes another program.
  def write_env_script(target, environment)
    dirname.mkpath
    settings = environment.map { |name, value| "#{name}=\"#{value}\"" }.join(" ")
    File.write(self, "#!/bin/bash\n#{settings} exec \"#{target}\" \"$@\"\n")
    chmod(0o755)
  end

  # Homebrew makes the folders too.
  alias write_only write
  def write(content)
    dirname.mkpath
    write_only(content)
  end
end

module Language
  # Where Java is.
  module Java
    def self.overridable_java_home_env
      { JAVA_HOME: "${JAVA_HOME:-#{ENV.fetch("FORMULA_JAVA_HOME")}}" }
    end
  end
end

# What `service do` may say.
class ServiceStub
  attr_reader :said

  def initialize(formula)
    @formula = formula
    @said = {}
  end

  %i[run keep_alive working_dir log_path error_log_path].each do |word|
    define_method(word) { |value| @said[word] = value }
  end

  %i[etc var opt_bin].each { |place| define_method(place) { @formula.public_send(place) } }
end

# The class that formulae extend.
class Formula
  class << self
    attr_reader :said, :service_block, :test_block

    %i[desc homepage url sha256 license depends_on].each do |word|
      define_method(word) { |value| (@said ||= {})[word] = value }
    end

    def service(&block)
      @service_block = block
    end

    def test(&block)
      @test_block = block
    end

    def inherited(formula)
      super
      (@formulae ||= []) << formula
    end

    def the_only_one
      raise "one formula is expected" unless @formulae.length == 1

      @formulae.first
    end
  end

  attr_reader :root

  def initialize(root)
    @root = Pathname(root)
  end

  def name = "vhost-device"
  def version = self.class.said[:url][/vhost-device-(.*)\.tar\.gz$/, 1]
  def prefix = root/"Cellar"/name/version
  def opt_bin = root/"opt"/name/"bin"
  def bin = prefix/"bin"
  def libexec = prefix/"libexec"
  def share = prefix/"share"
  def man1 = share/"man/man1"
  def doc = share/"doc"/name
  def bash_completion = prefix/"etc/bash_completion.d"
  def zsh_completion = share/"zsh/site-functions"
  def fish_completion = share/"fish/vendor_completions.d"
  def etc = root/"etc"
  def var = root/"var"
  def buildpath = Pathname.pwd

  def inreplace(files, before, after)
    Array(files).each do |file|
      text = File.read(file)
      raise "#{file} has no #{before}" unless text.include?(before)

      File.write(file, text.gsub(before, after))
    end
  end

  def shell_output(command, status = 0)
    output, ended = Open3.capture2(command)
    raise "#{command} ended with #{ended.exitstatus}: #{output}" unless ended.exitstatus == status

    output
  end

  def assert_match(expected, text)
    raise "#{text.inspect} has no #{expected.inspect}" unless text.match?(expected.is_a?(Regexp) ? expected : Regexp.escape(expected))
  end
end
