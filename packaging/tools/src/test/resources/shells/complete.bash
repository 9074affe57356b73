# bash complete.bash SCRIPT WORD...: what bash offers for the last of these words, of which the line is made.
# shellcheck disable=SC1090,SC2034 # bash itself sets these variables when a key asks for completion
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
declare -p -F >/dev/null
function=$(complete -p "${1##*/}" | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
"$function"
printf '%s\n' "${COMPREPLY[@]}"
