# join_kit - a link is made, joined and paired while its steps are broken; source it after kit.sh
#
# $pump is the handshake file.  The test says what it is to break a step:
# broken SITE STEP KIND COMMAND...  runs it for SITE with that step broken; $broken_status is how it ended
#
# make STEP KIND          Anna makes the link; what was left half made must not stand in the way
# join STEP KIND          Bert joins
# passes STEP KIND A B    a broken pass of A, and an ordinary one; carries what it made
# meet STEP KIND          they pair
# whole                   both are paired, equal, and wait for nothing

linked() {
	at "$1" link show "$2" >/dev/null 2>&1
}

refute_there() {
	! "$@" || { echo "there, though it failed: $*"; return 1; }
}

offer_pump() {
	at anna link new bert --channel folder --scope all --out "$pump"
}

make() {
	rm -f "$pump"
	broken anna "$1" "$2" offer_pump || return 1
	# Both or neither.
	if [ "$2" = fail ] && ! linked anna bert; then
		refute_there test -e "$pump" || return 1
	fi
	linked anna bert && [ -e "$pump" ] && return 0
	refute_there linked anna bert || return 1
	rm -f "$pump"
	offer_pump >/dev/null
}

join_pump() {
	at bert link join "$pump" --as anna --scope all --yes
}

join() {
	broken bert "$1" "$2" join_pump || return 1
	# The same file again is no second joiner.
	[ $broken_status -eq 0 ] || join_pump >/dev/null
}

passes() {
	broken "$3" "$1" "$2" at "$3" -q sync "$4" && sync_at "$3" "$4" && carry "$3" "$4"
}

meet() {
	carry bert anna && passes "$1" "$2" anna bert && passes "$1" "$2" bert anna && passes "$1" "$2" anna bert &&
		settle bert anna
}

running() {
	[ "$(at "$1" status "$2" --json | jq -r .state)" = running ] || at "$1" status "$2" --json
}

whole() {
	running anna bert && running bert anna && same_desks anna bert && calm anna bert && calm bert anna &&
		[ "$(at anna link show bert --json | jq .compare)" = "$(at bert link show anna --json | jq .compare)" ]
}
