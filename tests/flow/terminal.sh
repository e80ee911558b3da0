#!/bin/sh
# terminal - what is asked where somebody can answer
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

# typed TEXT SITE COMMAND...: runs it on a terminal of its own where TEXT is typed, one line a
# question, each once the question before it was answered.
typed() {
	typed_text=$1
	typed_home=$tmp/$2
	shift 2
	printf '%s' "$typed_text" >typed
	mkfifo keys
	script -qec "$HANDSEL --home $typed_home $*" -E never /dev/null <keys >screen 2>&1 &
	typed_pid=$!
	exec 3>keys
	rm keys
	typed_count=0
	while read -r line; do
		typed_count=$((typed_count + 1))
		asked "$typed_count" || break
		printf '%s\n' "$line" >&3
	done <typed
	exec 3>&-
	wait "$typed_pid"
	typed_status=$?
	tr -d '\r' <screen
	return "$typed_status"
}

# Waits until the screen shows $1 questions.
asked() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ "$(grep -oE '\[(Y/n|y/N)\]|Passphrase|Once more' screen | wc -l)" -ge "$1" ] && sleep 0.2 && return
		sleep 0.3
	done
	return 1
}

if ! command -v script >/dev/null; then
	skip "questions on a terminal" "no script(1) here"
	tap_end
fi

site berlin hamburg || exit 99
two='sesame
sesame
'
differ='sesame
other
'
silent() {
	typed "$two" berlin link new hamburg --channel folder --passphrase >said || { cat said; return 1; }
	grep -q '^Made' said && ! grep -q sesame said || { cat said; return 1; }
}

refused() {
	typed "$differ" berlin link new nord --channel folder --passphrase
	[ $? -eq 2 ] && [ ! -e "$tmp/berlin/links/nord" ]
}

no='n
'
yes='y

sesame
'
declined() {
	typed "$no" hamburg link join hamburg.handshake
	[ $? -eq 1 ] && [ ! -e "$tmp/hamburg/links/berlin" ]
}

check "a passphrase is asked twice and not shown" silent
check "entries that differ make no link" refused
check "joining is asked for, and can be declined" declined
check "it can be agreed to, and the passphrase is asked for" typed "$yes" hamburg link join hamburg.handshake
check "the link is there" says 0 '^berlin ' at hamburg link list
tap_end
