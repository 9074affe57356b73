# shellcheck shell=sh disable=SC2154 # who reads this sets the variables
# How the JVM is started. Read by the installed command, and by ./vhost-device, which builds the program first.
#
# They set jar, the program; java_home, whose java runs it; and archive, a file that need not be there: classes as the
# JVM has them in memory once they are read and linked, so that later starts are faster. An archive fits one jar and one
# JDK, whose file "release" is kept beside it. The JVM does without an archive that does not fit.

# Guest memory and buffers lie outside the Java heap, so a small heap does. What the JVM has to say goes to standard
# error; that an archive does not fit is not worth saying.
run_java() {
  exec "$java_home/bin/java" -XX:+UseSerialGC -Xmx256m -XX:-UsePerfData \
    -Xlog:disable '-Xlog:all=warning,aot*=off,cds*=off:stderr' "$@"
}

is_trained() {
  cmp -s "$java_home/release" "$archive.jdk" && [ -z "$(find "$jar" -newer "$archive.jdk")" ]
}

# list_classes FILE: the program starts everything once, and the JVM writes down what it reads for that.
list_classes() {
  mkdir "$1.work"
  (run_java -XX:DumpLoadedClassList="$1" -jar "$jar" training-run "$1.work") </dev/null >/dev/null 2>&1
  rm -rf "$1.work"
}

# dump_classes LIST FILE: makes an archive of such a list.
dump_classes() {
  (run_java -XX:+AOTClassLinking -Xshare:dump -XX:SharedClassListFile="$1" -XX:SharedArchiveFile="$2" -cp "$jar") \
    </dev/null >/dev/null 2>&1
}

# Makes the archive. Several processes may do so at a time.
train() {
  new=$archive.$$
  { list_classes "$new.classes" && dump_classes "$new.classes" "$new"; } || rm -f "$new"
  rm -f "$new.classes"
  if [ -s "$new" ]; then
    mv -f "$new" "$archive"
  else
    rm -f "$archive"
  fi
  # Without an archive too, so that it is not tried again each time.
  cp "$java_home/release" "$archive.jdk"
}

# Becomes the program.
start() {
  case ${0##*/} in
    vhost-device-*) set -- "${0##*/vhost-device-}" "$@" ;;
  esac
  set -- -jar "$jar" "$@"
  # With a heap that begins with less than the archive has for it, the JVM would not start.
  case " ${VHOST_DEVICE_JAVA_OPTS-}" in
    *' -Xms'*) archive='' ;;
  esac
  if [ -s "$archive" ]; then
    set -- -XX:SharedArchiveFile="$archive" "$@"
  fi
  # shellcheck disable=SC2086 # the variable holds several options
  run_java ${VHOST_DEVICE_JAVA_OPTS-} "$@"
}
