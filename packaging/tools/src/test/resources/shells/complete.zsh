# zsh complete.zsh FOLDER LINE RESULT: types a line and the tabulator on a terminal of zsh, which writes what the
# line is then to the file RESULT.
zmodload zsh/zpty || exit 1
zpty shell zsh -f -i
zpty -w shell "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -D -u
result() { print -r -- \$BUFFER >${(q)3}.new; mv ${(q)3}.new ${(q)3} }
zle -N result; bindkey '^Xr' result; PS1=; print RE''ADY"
while zpty -r shell output; do
  [[ $output == *READY* ]] && break
done
zpty -w -n shell "$2"$'\t\C-xr'
while [[ ! -e $3 ]]; do
  # Its output must be taken, or it waits.
  zpty -r -t shell output || sleep 0.05
done
zpty -d shell
