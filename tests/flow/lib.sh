# lib - whole sites and a carrier between their exchange folders; source it after tap.sh
#
# at SITE COMMAND...      runs handsel for a site (its home is $tmp/SITE)
# at_time SECONDS SITE C… the same with a clock that is so far off
# site NAME...            makes sites
# pair M S [OPTION...]    links two sites (link names are the partner's) and pairs them; options go to both sides
# offer M S [OPTION...]   only the master's half of it, with options of its own; then
# accept M S [OPTION...]  the slave's half, and the pairing
# sync_at SITE LINK       one pass
# carry A B               the carrier: all that lies in A's SEND moves into B's RECEIVE; a copy stays in $tmp/seen/A-B
# trip A B                sync A, carry, sync B, carry back, sync A
# settle A B              rounds until nothing is on its way
# silent A B              one more round makes no file and no number
# calm SITE LINK          nothing is queued, unacknowledged, held, listed or quarantined
# no_conflicts SITE LINK  the conflict list is empty
# text_of KEY             the last text of that name in a line of JSON; where that will do, as jq takes five times as long
# numbers A B             the last numbers of both ends
# same_desks A B          both exports, local ids aside, are equal
# uid_of SITE ID          the item's uid, which commands of any site take as an id
# value SITE ID FIELD     as the desk shows it
# counts SITE FILTER N    so many of its items, or what jq's FILTER makes of them
# lies_in DIR             how many envelopes lie there
# opened SITE LINK DIR    what stock tools show of all envelopes in DIR with the key ring of SITE's LINK
# travelled A B PATTERN   the pattern is in an envelope that carry brought from A to B (opened with B's keys)
# never_travelled A B P   it is in none of them
# with_keys SITE LINK C…  runs gpg with that key ring (GNUPGHOME) and ends its agent

# FLOW_LEAKS=yes          before lib.sh: a sanitized program looks for leaks at its end.  That takes as
#                         long as all it does before, so only the tests of the most varied use ask for it,
#                         beside those of units; or for all: make check FLOW_LEAKS=yes
[ -n "$FLOW_LEAKS" ] || export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/handsel-flow-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM

at() {
	at_home=$tmp/$1
	shift
	"$HANDSEL" --home "$at_home" "$@"
}

at_time() {
	(
		HANDSEL_TEST_SHIFT=$1
		export HANDSEL_TEST_SHIFT
		shift
		at "$@"
	)
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
	mkdir -p "$tmp/seen/$1-$2"
	for carry_file in "$(send_of "$1" "$2")"/*; do
		[ -f "$carry_file" ] || continue
		cp "$carry_file" "$tmp/seen/$1-$2/" && mv "$carry_file" "$(receive_of "$2" "$1")/" || return 1
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

# One round; settle_moved tells how many files it made.
settle_round() {
	sync_at "$1" "$2" || return 1
	settle_moved=$(lies_in "$(send_of "$1" "$2")")
	carry "$1" "$2" && sync_at "$2" "$1" || return 1
	settle_moved=$((settle_moved + $(lies_in "$(send_of "$2" "$1")")))
	carry "$2" "$1"
}

settle() {
	for settle_i in 1 2 3 4 5 6 7 8 9 10; do
		settle_round "$1" "$2" || return 1
		[ "$settle_moved" -eq 0 ] && return 0
	done
	echo "still busy after $settle_i rounds"
	return 1
}

text_of() {
	sed -n "s/^{\\(.*,\\)\\{0,1\\}\"$1\":\"\\([^\"\\\\]*\\)\".*/\\2/p"
}

numbers() {
	at "$1" status "$2" --json | text_of last_out_id
	at "$2" status "$1" --json | text_of last_out_id
}

silent() {
	silent_before=$(numbers "$1" "$2")
	settle_round "$1" "$2" || return 1
	silent_now=$(numbers "$1" "$2")
	[ "$settle_moved" -eq 0 ] && [ "$silent_before" = "$silent_now" ] && return 0
	echo "$settle_moved files;" $silent_before "->" $silent_now
	return 1
}

calm() {
	calm_status=$(at "$1" status "$2" --json)
	printf '%s\n' "$calm_status" | jq -es 'length == 1 and all(.[]; .state == "running" and .problems == [] and
		([.queued, .unacked, .held, .listed, .quarantine] | all(. == 0)))' >/dev/null && return 0
	printf '%s\n' "$calm_status"
	return 1
}

no_conflicts() {
	conflicts=$(at "$1" conflict list "$2" --json) || { echo "no list"; return 1; }
	printf '%s\n' "$conflicts"
	[ -z "$conflicts" ]
}

offer() {
	offer_m=$1
	offer_s=$2
	shift 2
	at "$offer_m" link new "$offer_s" --channel folder --out "$tmp/$offer_m-$offer_s.handshake" "$@" >/dev/null
}

accept() {
	accept_m=$1
	accept_s=$2
	shift 2
	at "$accept_s" link join "$tmp/$accept_m-$accept_s.handshake" --as "$accept_m" --yes "$@" >/dev/null ||
		return 1
	carry "$accept_s" "$accept_m" && trip "$accept_m" "$accept_s" &&
		carry "$accept_m" "$accept_s" && sync_at "$accept_s" "$accept_m"
}

pair() {
	pair_m=$1
	pair_s=$2
	shift 2
	offer "$pair_m" "$pair_s" "$@" && accept "$pair_m" "$pair_s" "$@"
}

# What a desk holds, in an order and form that do not depend on local ids, logins and clocks.
desk_of() {
	at "$1" desk export | jq -cSs '
		(map({(.id): .uid}) | add // {}) as $uids
		| map(del(.id, .by)
			| .parent |= (if . then $uids[.] else null end)
			| .relations |= (map([.type, $uids[.from], $uids[.to]]) | sort)
			| .comments |= (map(del(.id, .at)) | sort_by(.uid))
			| .files |= (map(del(.id, .at)) | sort_by(.uid))
			| .rows |= (map(del(.id, .at)) | sort_by(.uid)))
		| sort_by(.uid)[]'
}

same_desks() {
	desk_of "$1" >"$tmp/desk-$1" && desk_of "$2" >"$tmp/desk-$2" && [ -s "$tmp/desk-$1" ] &&
		diff "$tmp/desk-$1" "$tmp/desk-$2"
}

uid_of() {
	at "$1" desk show "$2" --json | text_of uid
}

value() {
	at "$1" desk show "$2" --json | jq -c ".fields.$3"
}

# By a short way, as the path of an agent's socket has a limit.
with_keys() {
	(
		keys_short=$(mktemp -d /tmp/hk-XXXXXX) || exit 1
		ln -s "$tmp/$1/links/$2/keys" "$keys_short/k"
		GNUPGHOME=$keys_short/k
		export GNUPGHOME
		shift 2
		"$@"
		keys_status=$?
		gpgconf --homedir "$GNUPGHOME" --kill gpg-agent
		rm -r "$keys_short"
		exit $keys_status
	)
}

open_each() {
	for open_file in "$1"/*.zip.gpg; do
		gpg --batch -q -d "$open_file" >"$tmp/open.zip" 2>"$tmp/open.err" && unzip -p "$tmp/open.zip" ||
			{ echo "cannot open $open_file" && cat "$tmp/open.err" && return 1; }
	done
}

opened() {
	with_keys "$1" "$2" open_each "$3"
}

counts() {
	counts_is=$(at "$1" desk export | jq -s "[.[] | $2] | length") && [ "$counts_is" = "$3" ] && return 0
	echo "$counts_is"
	return 1
}

travelled() {
	opened "$2" "$1" "$tmp/seen/$1-$2" >"$tmp/travelled" || { cat "$tmp/travelled"; return 2; }
	grep -q '"link"' "$tmp/travelled" || { echo "no manifest in them"; return 2; }
	grep -ao "$3" "$tmp/travelled"
}

never_travelled() {
	travelled "$@"
	[ $? -eq 1 ]
}
