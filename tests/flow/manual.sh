#!/bin/sh
# manual - the man pages speak of every command, option and setting there is, and of no other
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
page=${srcdir:-$here/../..}/doc/handsel.1
conf_page=${srcdir:-$here/../..}/doc/handsel.conf.5
"$HANDSEL" help --json >"$tmp/commands" || exit 99
"$HANDSEL" help settings --json >"$tmp/settings" || exit 99

# The entry of command $1: from its head to the next one that begins with a lower-case letter.
entry() {
	awk -v name="$1" '
		/^[.]It Xo$/ { open = 1; next }
		/^[.](It )?Ic [a-z]/ && (open || /^[.]It/) {
			head = $0
			sub(/^[.](It )?Ic /, "", head)
			inside = head == name || index(head, name " Ar ") == 1 ||
				index(head, name " Op ") == 1 || index(head, name " Fl ") == 1
		}
		/^[.]Xc$/ { open = 0 }
		/^[.]S[hs] / { inside = 0 }
		inside { print }
	' "$page"
}

nothing() {
	! grep .
}

every_command_has_an_entry() {
	[ -s "$tmp/commands" ] || return 1
	jq -r .command "$tmp/commands" | while read -r command; do
		[ -n "$(entry "$command")" ] || echo "$command has no entry"
	done | nothing
}

# In the head and in a list of its own.
every_option_is_explained() {
	jq -r '.command as $c | .options[] | "\($c)\t\(.name)"' "$tmp/commands" |
		while IFS='	' read -r command option; do
			entry "$command" | grep -qE "^[.]It Fl -$option( |$)" || echo "$command: --$option is not explained"
			entry "$command" | grep -vE '^[.]It Fl' | grep -qE "Fl -$option( |$)" || echo "$command: --$option is not in its head"
		done | nothing
}

every_argument_is_in_the_head() {
	jq -r '.command as $c | .usage | gsub("[][]|[.][.][.]"; "") | split(" ")[] | select(test("^[A-Z=]+$")) | "\($c)\t\(.)"' "$tmp/commands" |
		while IFS='	' read -r command argument; do
			entry "$command" | grep -qE "Ar ([A-Z=]+ )*$argument" || echo "$command: $argument is missing"
		done | nothing
}

# Heads of entries that are no command any more.
no_entry_is_left_over() {
	awk '/^[.]Sh / { inside = $2 == "COMMANDS" }
		/^[.]It Xo$/ { open = 1; next }
		inside && /^[.](It )?Ic [a-z]/ && (open || /^[.]It/) { sub(/^[.](It )?Ic /, ""); sub(/ (Ar|Op|Fl) .*/, ""); print }
		/^[.]Xc$/ { open = 0 }' "$page" | sort >"$tmp/entries"
	jq -r .command "$tmp/commands" | sort | diff - "$tmp/entries"
}

every_setting_has_an_entry() {
	[ -s "$tmp/settings" ] || return 1
	jq -r .key "$tmp/settings" | sort >"$tmp/keys"
	sed -n 's/^[.]It Va //p' "$conf_page" | sort | diff "$tmp/keys" -
}

every_default_is_told() {
	jq -r 'select(.default != null) | "\(.key)\t\(.default)"' "$tmp/settings" |
		while IFS='	' read -r key default; do
			awk -v key="$key" '/^[.]It Va / { inside = $3 == key } inside && !/^[.]/ { printf "%s ", $0 }' "$conf_page" |
				grep -qF "the default is $default" || echo "$key: its default $default is not told"
		done | nothing
}

check "every command has its entry" every_command_has_an_entry
check "every entry is a command" no_entry_is_left_over
check "every option is explained" every_option_is_explained
check "every argument stands in its head" every_argument_is_in_the_head
check "every setting has its entry, and every entry is a setting" every_setting_has_an_entry
check "every default is told" every_default_is_told
every_reason_is_in_the_page_of_the_protocol() {
	"${page%/*}/reasons.sh" "${page%/*}/handsel-protocol.7" >"$tmp/protocol" &&
		diff "${page%/*}/handsel-protocol.7" "$tmp/protocol"
}

check "every reason is explained as it is in the program (make reasons)" every_reason_is_in_the_page_of_the_protocol
for page_name in handsel.1 handsel.conf.5; do
	if command -v mandoc >/dev/null; then
		check "$page_name has nothing to complain of" sh -c '! mandoc -T lint "$1" | grep -v "referenced manual not found"' - "${page%/*}/$page_name"
	else
		skip "$page_name has nothing to complain of" "no mandoc here"
	fi
done
tap_end
