#!/bin/sh
# backlog - many envelopes that wait are opened in groups, and judged as if each had come alone
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99
mkdir way

met || exit 99
send=$(send_of anna bert)
receive=$(receive_of bert anna)
count=150

# Anna makes COUNT items from FIRST on and seals each alone; all go to the way.
made() {
	awk -v first="$1" -v count="$2" 'BEGIN {
		print "id,title"
		for (i = first; i < first + count; i++) printf "K-%d,Pump %d leaks\n", i, i
	}' >many.csv
	at anna desk import --csv many.csv --key id --map title=title >/dev/null &&
		at anna -q sync bert --set sync.batch=1 --set sync.max_unacked=1000 &&
		mv "$send"/*-m0* way/
}

bert() {
	at bert -q sync anna
	bert_status=$?
	[ $bert_status -eq 0 ] || [ $bert_status -eq 3 ]
}

items() {
	at bert desk list --json | wc -l
}

# How many envelopes of Anna's gpg is asked to open by one pass of Bert's, at a time; blanks between.
# Where the kernel can see to it, it writes beside its keys only.
opened() {
	asked=$tmp/bert/links/anna/keys/asked
	cat >gpg <<-SAY
		#!/bin/sh
		n=0
		for word; do case \$word in *.gpg) n=\$((n + 1)) ;; --decrypt) n=1 ;; esac; done
		[ \$n -eq 0 ] || echo \$n >>"$asked"
		exec $(command -v gpg) "\$@"
	SAY
	chmod +x gpg && : >"$asked" && (PATH=$tmp:$PATH && export PATH && bert) && tr '\n' ' ' <"$asked"
}

settle anna bert
made 1 $count
check "$count envelopes are on the way" test "$(find way -type f | wc -l)" -eq $count
mv way/* "$receive"/
check "they are opened in a few groups" prints '64 64 22 ' opened
check "all items are there" prints $count items
check "and RECEIVE is empty" test -z "$(ls -A "$receive")"
settle anna bert
check "and both sides are equal" same_desks anna bert

# ---- one alone ----

made 1000 1
mv way/* "$receive"/
check "a lone envelope is opened by itself" prints '1 ' opened
check "and is taken" prints $((count + 1)) items

# ---- bad ones among good ones ----

settle anna bert
made 2000 6
mkdir -m 700 eve
GNUPGHOME=$tmp/eve gpg --batch --quiet --passphrase '' --quick-gen-key eve ed25519 sign never 2>/dev/null
hand bert anna --export "$(fpr bert anna)" | GNUPGHOME=$tmp/eve gpg --batch --quiet --import 2>/dev/null
eve() {
	GNUPGHOME=$tmp/eve gpg --batch --yes --quiet --trust-model always --output forged \
		--recipient "$(fpr bert anna)" "$@" plain.zip
}
# The Nth of them on the way.
nth() {
	(cd way && ls) | sed -n "$1p"
}
unwrap "way/$(nth 2)" "$tmp/plain" || exit 99
eve --sign --encrypt
cp forged "$receive/$(named forged "$(nth 2)")"
stranger=$(nth 2 | sed 's/.*-m0*\([0-9]*\)-.*/m\1/')
unwrap "way/$(nth 4)" "$tmp/plain" || exit 99
eve --encrypt
cp forged "$receive/$(named forged "$(nth 4)")"
unsigned=$(nth 4 | sed 's/.*-m0*\([0-9]*\)-.*/m\1/')
GNUPGHOME=$tmp/eve gpgconf --kill gpg-agent
echo hello >"$receive/readme.txt"
for n in 1 3 5 6; do cp "way/$(nth $n)" "$receive"/; done
cp "way/$(nth 1)" "$receive/Copy of $(nth 1)"
check "good ones, a copy, and two that are forged come at once" bert
check "the one of a stranger is quarantined for that" refused bert anna "$stranger" 301
check "the one that nobody signed is, too" refused bert anna "$unsigned" 303
check "no other is" prints 2 sh -c '"$HANDSEL" --home bert spool list anna --json | jq -s "map(select(.where == \"quarantine\")) | length"'
check "what is nobody's is still there, alone" prints readme.txt ls -A "$receive"
cp "way/$(nth 2)" "way/$(nth 4)" "$receive"/
check "the genuine ones come" bert
check "all are there" prints $((count + 7)) items
settle anna bert
check "both sides are equal in the end" same_desks anna bert
check "nothing is left in tmp" sh -c '[ -z "$(ls -A bert/links/anna/tmp)" ]'
check "no process is left" idle
tap_end
