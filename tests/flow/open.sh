#!/bin/sh
# open - stock gpg and unzip open any envelope for whoever holds a key of the link, and for nobody
# else; what is not protected as agreed is refused
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"

# A key ring of somebody who has nothing to do with it.
stranger=$(mktemp -d /tmp/hk-XXXXXX)
trap 'gpgconf --homedir "$stranger" --kill gpg-agent; rm -rf "$stranger" "$tmp"' EXIT

# all_between A B COMMAND...: for every envelope that was carried between them, which is its last argument.
all_between() {
	all_ab=$tmp/seen/$1-$2 all_ba=$tmp/seen/$2-$1 all_n=0
	shift 2
	for all_file in "$all_ab"/*.zip.gpg "$all_ba"/*.zip.gpg; do
		"$@" "$all_file" || { echo "of $all_file"; return 1; }
		all_n=$((all_n + 1))
	done
	[ $all_n -ge 6 ]
}

# fingerprint SITE LINK: of the site's own key.
fingerprint() {
	at "$1" link show "$2" --json | jq -r .fingerprint
}

# unpack FILE: what anybody would type.
unpack() {
	gpg --batch -q --status-fd 3 -d "$1" >"$tmp/plain.zip" 3>"$tmp/gpg.status" 2>"$tmp/gpg.err" &&
		unzip -tqq "$tmp/plain.zip" && return 0
	cat "$tmp/gpg.err"
	return 1
}

opens_for() {
	with_keys "$1" "$2" unpack "$3"
}

# Inside are a manifest, lines of JSON, and files named by what they hold.
well_made() {
	with_keys a b unpack "$1" && unzip -p "$tmp/plain.zip" manifest.json | jq -e '.format and .link and .kind' >/dev/null ||
		return 1
	for made_name in $(unzip -Z1 "$tmp/plain.zip"); do
		case $made_name in
		manifest.json) ;;
		changes.jsonl) unzip -p "$tmp/plain.zip" changes.jsonl | jq -es 'length > 0 and all(.[]; .t)' >/dev/null || return 1 ;;
		files/*) [ "files/$(unzip -p "$tmp/plain.zip" "$made_name" | sha256sum | cut -c1-64)" = "$made_name" ] || return 1 ;;
		*) echo "what is $made_name?" && return 1 ;;
		esac
	done
}

# One good signature, by the key of the site that the name tells, and the name tells the content's hash.
signed_by_sender() {
	case ${1##*/} in
	*-m*) signer=$(fingerprint a b) ;;
	*) signer=$(fingerprint b a) ;;
	esac
	with_keys a b unpack "$1" && [ "$(grep -c ' VALIDSIG ' "$tmp/gpg.status")" -eq 1 ] &&
		grep -q " VALIDSIG $signer " "$tmp/gpg.status" &&
		[ "$(sha256sum <"$1" | cut -c1-8)" = "$(printf '%s\n' "${1##*-}" | cut -c1-8)" ]
}

# The words that lie in the desks of a and b, and those of any envelope.
secrets='quokka wombat Platypus echidna bilby bandicoot PK manifest changes.jsonl "sha256" handsel Content-Type'

tells_nothing() {
	gpg --homedir "$stranger" --batch -q -d "$1" >"$tmp/stolen" 2>/dev/null && return 1
	[ ! -s "$tmp/stolen" ] || return 1
	for secret in $secrets; do
		[ "$secret" = PK ] && secret=$(printf 'PK\003\004')
		! LC_ALL=C grep -aqF -e "$secret" "$1" || { echo "$secret"; return 1; }
	done
}

kinds_between() {
	for kinds_file in "$tmp/seen/$1-$2"/*.zip.gpg "$tmp/seen/$2-$1"/*.zip.gpg; do
		opens_for "$1" "$2" "$kinds_file" || return 1
		unzip -p "$tmp/plain.zip" manifest.json | jq -r .kind
	done | sort -u | tr '\n' ' '
}

# ---- an encrypted link ----

check "a link that encrypts" eval '
	site a b && offer a b --scope all --description "quokka wombat" && accept a b --scope all'
printf 'bandicoot %0500d\n' 7 >"$tmp/wombat.txt"
check "something to tell" eval '
	at a desk new title="Platypus" description="an echidna" && at a desk attach 1 "$tmp/wombat.txt" &&
	at b desk new title="bilby" && settle a b && at b desk set 1 state=quokka && settle a b'
check "all sorts of envelopes were carried" test "$(kinds_between a b)" = "ack changes handshake ping "
check "the master's keys open every one" all_between a b opens_for a b
check "the slave's keys open every one" all_between a b opens_for b a
check "inside is what is documented" all_between a b well_made
check "each is signed by its sender, and its name tells its hash" all_between a b signed_by_sender
check "what was told is in them" travelled a b 'Platypus'
check "the file, too" travelled a b 'bandicoot 0*7'
check "without a key nothing of it is readable" all_between a b tells_nothing

# ---- somebody puts in something else ----

# put A B FILE: in place of the envelope $next that waits in A's SEND, under a name that fits it.
put() {
	put_hash=$(sha256sum <"$3" | cut -c1-8)
	cp "$3" "$(receive_of "$2" "$1")/${next%-*}-$put_hash.zip.gpg"
}

# refused A B FILE REASON: B takes it for what it is, and it changes nothing.
refused() {
	desk_of "$2" >"$tmp/before" && put "$1" "$2" "$3" && sync_at "$2" "$1" && desk_of "$2" >"$tmp/after" &&
		cmp "$tmp/before" "$tmp/after" || return 1
	refused_is=$(at "$2" spool list "$1" --json | jq -c 'select(.where == "quarantine")')
	printf '%s\n' "$refused_is"
	printf '%s\n' "$refused_is" | jq -es "any(.[]; .file | contains(\"$put_hash\"))" >/dev/null &&
		printf '%s\n' "$refused_is" | jq -es "any(.[]; (.file | contains(\"$put_hash\")) and .reason == $4)" >/dev/null
}

# seal A B FILE GPG-OPTION...: seals the plain zip of $next anew, by A's keys.
seal() {
	seal_out=$3
	seal_keys="$1 $2"
	shift 3
	rm -f "$seal_out"
	# shellcheck disable=SC2086
	with_keys $seal_keys gpg --batch -q --trust-model always -o "$seal_out" "$@" "$tmp/next.zip"
}

check "a change that waits to be carried" eval '
	at a desk set 1 title="Thylacine" && sync_at a b && test "$(lies_in "$(send_of a b)")" -eq 1'
next=$(basename "$(send_of a b)"/*)
check "its sender's keys open it" opens_for a b "$(send_of a b)/$next"
cp "$tmp/plain.zip" "$tmp/next.zip"
me=$(fingerprint a b) partner=$(fingerprint b a)
check "the same, only signed" seal a b "$tmp/signed" -u "$me" -s
check "is refused" refused a b "$tmp/signed" 304
check "the same, only encrypted" seal a b "$tmp/encrypted" -r "$me" -r "$partner" -e
check "is refused as well" refused a b "$tmp/encrypted" 303
check "a stranger who has the keys signs it" eval '
	with_keys a b gpg --batch -q --export | gpg --homedir "$stranger" --batch -q --import &&
	gpg --homedir "$stranger" --batch -q --pinentry-mode loopback --passphrase "" \
		--quick-generate-key stranger ed25519 sign never &&
	gpg --homedir "$stranger" --batch -q --trust-model always -u stranger -r "$me" -r "$partner" \
		-o "$tmp/strange" -s -e "$tmp/next.zip"'
check "and is refused" refused a b "$tmp/strange" 301
check "the slave's own signature under it" seal b a "$tmp/own" -u "$partner" -r "$me" -r "$partner" -s -e
check "is none of its partner's" refused a b "$tmp/own" 301
check "the true one is taken in all the same" eval 'carry a b && settle b a'
check "and applied" test "$(at b desk list title=Thylacine --json | jq -s length)" -eq 1
check "only the refused ones are left" test "$(at b status a --json | jq -c '[.quarantine, .unacked, .held]')" = '[4,0,0]'

# ---- a link that only signs ----

check "a link that only signs" eval 'site c d && offer c d --protect sign --scope all && accept c d --scope all'
check "something to tell everybody" eval 'at c desk new title="Dingo" && at d desk new title="Numbat" && settle c d'

reads_all() {
	for reads_file in "$tmp/seen/$1-$2"/*.zip.gpg; do
		gpg --homedir "$stranger" --batch -q -d "$reads_file" >"$tmp/plain.zip" 2>/dev/null
		unzip -p "$tmp/plain.zip"
	done
}
check "anybody reads what the master told" eval 'reads_all c d | grep -aq "\"Dingo\""'
check "and what the slave told" eval 'reads_all d c | grep -aq "\"Numbat\""'
check "both desks have it" same_desks c d

at c desk set 1 title="Dingo, edited" && sync_at c d
next=$(basename "$(send_of c d)"/*)
check "the next one opens, too" opens_for c d "$(send_of c d)/$next"
cp "$tmp/plain.zip" "$tmp/next.zip"
me=$(fingerprint c d) partner=$(fingerprint d c)
check "the same, signed by a stranger" eval '
	rm -f "$tmp/strange" && gpg --homedir "$stranger" --batch -q -z 0 -u stranger -o "$tmp/strange" -s "$tmp/next.zip"'
check "is refused there" refused c d "$tmp/strange" 301
check "with one letter changed" eval '
	LC_ALL=C sed "s/manifest.json/manifesto.jsn/" "$(send_of c d)/$next" >"$tmp/changed" && ! cmp -s "$(send_of c d)/$next" "$tmp/changed"'
check "it is refused" refused c d "$tmp/changed" 302
check "the same, signed and encrypted" seal c d "$tmp/both" -u "$me" -r "$me" -r "$partner" -s -e
check "is not what was agreed, either" refused c d "$tmp/both" 304
check "the true one is applied" eval 'carry c d && settle d c && same_desks c d'
tap_end
