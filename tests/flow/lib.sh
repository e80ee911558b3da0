# lib - whole sites and a carrier between their exchange folders; source it after tap.sh
#
# at SITE COMMAND...      runs handsel for a site (its home is $tmp/SITE)
# site NAME...            makes sites
# pair M S [OPTION...]    links two sites (link names are the partner's) and pairs them; options go to both sides
# carry A B               the carrier: all that lies in A's SEND moves into B's RECEIVE
# trip A B                sync A, carry, sync B, carry back, sync A
# settle A B              trips until nothing is on its way
# same_desks A B          both exports, local ids aside, are equal
# lies_in DIR             how many envelopes lie there

tmp=$(mktemp -d "${TMPDIR:-/tmp}/handsel-flow-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

at() {
	at_home=$tmp/$1
	shift
	"$HANDSEL" --home "$at_home" "$@"
}

site() {
	for site_name in "$@"; do
		at "$site_name" init --name "$site_name" >/dev/null || return 1
	done
}

send_of() {
	printf '%s' "$tmp/$1/links/$2/exchange/SEND"
}

receive_of() {
	printf '%s' "$tmp/$1/links/$2/exchange/RECEIVE"
}

carry() {
	for carry_file in "$(send_of "$1" "$2")"/*; do
		[ -f "$carry_file" ] || continue
		mv "$carry_file" "$(receive_of "$2" "$1")/" || return 1
	done
}

# Ends well when the pass did, even if something waits for the operator.
sync_at() {
	at "$1" -q sync "$2"
	sync_status=$?
	[ $sync_status -eq 0 ] || [ $sync_status -eq 3 ]
}

trip() {
	sync_at "$1" "$2" && carry "$1" "$2" && sync_at "$2" "$1" && carry "$2" "$1" && sync_at "$1" "$2"
}

lies_in() {
	find "$1" -maxdepth 1 -type f -name '*.zip.gpg*' | wc -l
}

settle() {
	for settle_i in 1 2 3 4 5 6 7 8 9 10; do
		trip "$1" "$2" || return 1
		carry "$1" "$2"
		sync_at "$2" "$1" || return 1
		[ "$(lies_in "$(send_of "$1" "$2")")" -eq 0 ] &&
			[ "$(lies_in "$(send_of "$2" "$1")")" -eq 0 ] && return 0
	done
	echo "still busy after $settle_i trips"
	return 1
}

pair() {
	pair_m=$1
	pair_s=$2
	shift 2
	at "$pair_m" link new "$pair_s" --channel folder --out "$tmp/$pair_m-$pair_s.handshake" "$@" \
		>/dev/null || return 1
	at "$pair_s" link join "$tmp/$pair_m-$pair_s.handshake" --as "$pair_m" --yes "$@" >/dev/null ||
		return 1
	sync_at "$pair_s" "$pair_m" && carry "$pair_s" "$pair_m" && trip "$pair_m" "$pair_s" &&
		carry "$pair_m" "$pair_s" && sync_at "$pair_s" "$pair_m"
}

# What a desk holds, in an order and form that do not depend on local ids.
desk_of() {
	at "$1" desk export | jq -cS '
		def strip: walk(if type == "object" then del(.id) else . end);
		strip | .comments |= sort_by(.uid) | .files |= sort_by(.uid) | .rows |= sort_by(.uid)
		      | .relations |= sort' | sort
}

same_desks() {
	desk_of "$1" >"$tmp/desk-$1" && desk_of "$2" >"$tmp/desk-$2" && [ -s "$tmp/desk-$1" ] &&
		diff "$tmp/desk-$1" "$tmp/desk-$2"
}
