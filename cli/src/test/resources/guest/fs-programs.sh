# Programs at work on a share mounted at /mnt: each function prints a result when it has done all it should.
. /fs.sh
export HOME=/tmp GIT_CONFIG_NOSYSTEM=1 GIT_TEMPLATE_DIR= LC_ALL=C

done_with() {
    echo "@@program-$1 ok"
}

# Makes a tree of $2 files in folders of 50 below $1.
tree() {
    python3 -c 'import os, sys
for number in range(int(sys.argv[2])):
    folder = f"{sys.argv[1]}/{number // 1000}/{number // 50 % 20}"
    if number % 50 == 0:
        os.makedirs(folder)
    with open(f"{folder}/{number}.js", "w") as file:
        file.write(f"module.exports = {number}\n" * (1 + number % 9))
    if number % 50 == 7:
        os.chmod(file.name, 0o755)
        os.symlink(f"{number}.js", f"{folder}/link")' "$1" "$2"
}

# Whether two folders have the same names, kinds, modes, owners, sizes, contents and links.
same() {
    for top in "$1" "$2"; do
        (cd "$top" && find . ! -type d -exec stat -c '%n %f %u %g %s %h %N' {} + | sort &&
            find . -type d -exec stat -c '%n %f %u %g' {} + | sort &&
            find . -type f -print0 | sort -z | xargs -0 sha256sum) >"/tmp/same-$(basename "$top")" || return
    done
    cmp "/tmp/same-$(basename "$1")" "/tmp/same-$(basename "$2")"
}

program_git() {
    mkdir /usr/lib/git-core && ln -s /sbin/git /usr/lib/git-core/git-upload-pack || return
    git config --global user.name guest && git config --global user.email guest@example.org &&
        git config --global init.defaultBranch main && git config --global gc.auto 0 &&
        git init -q /mnt/repository && cd /mnt/repository && tree source 300 && git add . && git commit -qm first &&
        rm -r source/0/0 && echo changed >source/0/1/60.js && git add -A && git commit -qm second &&
        git fsck --strict --full && git clone -q /mnt/repository /mnt/clone && git -C /mnt/clone fsck --full &&
        git clone -q --no-local /mnt/repository /mnt/copy && git -C /mnt/copy gc -q && git -C /mnt/copy fsck --full &&
        test -z "$(git status --porcelain)" && git checkout -q HEAD~1 && test -e source/0/0/0.js &&
        rm -r .git && rm -r /mnt/clone/.git && git -C /mnt/copy checkout -q HEAD~1 && rm -r /mnt/copy/.git &&
        same /mnt/repository /mnt/copy && cd / && rm -r /mnt/repository /mnt/clone /mnt/copy && done_with git
}

program_tar() {
    tree /tmp/plain 500 && ln /tmp/plain/0/0/1.js /tmp/plain/hard && chown -R 1000:2000 /tmp/plain/0/1 &&
        mkfifo /tmp/plain/pipe && chmod 1777 /tmp/plain/0 && /sbin/tar -C /tmp/plain -cf /mnt/tree.tar . && mkdir /mnt/plain &&
        /sbin/tar -C /mnt/plain -xpf /mnt/tree.tar && same /tmp/plain /mnt/plain &&
        /sbin/tar -C /mnt/plain -df /mnt/tree.tar && rm -r /mnt/plain /mnt/tree.tar && done_with tar
}

program_make() {
    mkdir /mnt/make && cd /mnt/make || return
    for n in $(seq 1 20); do echo "source $n" >"$n.in"; done
    printf 'all: all.out\nall.out: $(patsubst %%.in,%%.out,$(wildcard *.in))\n\tcat $^ >$@\n%%.out: %%.in\n\tsed s/source/made/ $< >$@\n' \
        >Makefile
    make -s -j4 && test "$(grep -c made all.out)" = 20 && make -q && sleep 0.05 && touch 7.in && ! make -q &&
        test "$(make -n | grep -c sed)" = 1 && make -s && make -q && cd / && rm -r /mnt/make && done_with make
}

sqlite_writer() {
    for n in $(seq 1 $turns); do
        sqlite3 -cmd '.timeout 60000' "$1" "begin immediate; update counter set n = n + 1;
            insert into log select '$2', $n, n, randomblob(500) from counter; commit;" || return
    done
}

# Two processes write to one database in turns, by a journal, or by a log in memory that both map.
sqlite_mode() {
    base=/mnt/database-$1
    sqlite3 "$base" "pragma journal_mode=$1; create table counter(n); insert into counter values(0);
        create table log(who, turn, n unique, data);" &&
        test "$(sqlite3 "$base" 'pragma journal_mode')" = "$1" || return
    sqlite_writer "$base" first &
    sqlite_writer "$base" second && wait $! &&
        test "$(sqlite3 "$base" 'select n, (select count(*) from log) from counter')" = "$((2 * turns))|$((2 * turns))" &&
        test "$(sqlite3 "$base" 'pragma integrity_check')" = ok && rm "$base"*
}

program_sqlite() {
    sqlite_mode delete && done_with sqlite
}

program_sqlite_wal() {
    sqlite_mode wal && done_with sqlite_wal
}

program_rsync() {
    tree /tmp/from 300 && ln /tmp/from/0/0/1.js /tmp/from/hard && chown -R 1000:2000 /tmp/from/0/1 &&
        mkfifo /tmp/from/pipe && mknod /tmp/from/device c 1 3 && mkdir /mnt/first /mnt/second &&
        rsync -aHX /tmp/from/ /mnt/first && same /tmp/from /mnt/first &&
        python3 -c 'import os, struct
os.setxattr("/mnt/first/hard", "user.kind", b"value")
os.setxattr("/mnt/first/0/2", "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one)
    for one in [(1, 7, 0xFFFFFFFF), (2, 5, 1000), (4, 5, 0xFFFFFFFF), (16, 5, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]))' &&
        rsync -aHAX /mnt/first/ /mnt/second && same /mnt/first /mnt/second &&
        test -z "$(rsync -aHAXi --checksum --delete --dry-run /mnt/first/ /mnt/second)" && touch /mnt/second/more &&
        rm -r /mnt/second/0/3 && rsync -aHAX --delete /mnt/first/ /mnt/second && same /mnt/first /mnt/second &&
        rm -r /mnt/first /mnt/second && done_with rsync
}

program_modules() {
    tree /mnt/node_modules "$files" && test "$(find /mnt/node_modules -name '*.js' -type f | wc -l)" = "$files" &&
        du -s /mnt/node_modules >/dev/null && echo 3 >/proc/sys/vm/drop_caches &&
        test "$(find /mnt/node_modules -type f -exec cat {} + | grep -c .)" -ge "$files" && rm -r /mnt/node_modules &&
        done_with modules
}

# The programs after the first two words: with $1 files in node_modules, and $2 turns of each process that writes to a
# database.
fs_programs() {
    files=$1
    turns=$2
    shift 2
    for program; do
        program_$program || echo "@@program-$program failed"
    done
    test -z "$(ls -A /mnt)"
}
