#!/bin/sh
# mail - two sites that share nothing but mailboxes: pairing, tables of issues, files over the limit
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
large=${HANDSEL_BUGS_CSV:-${srcdir:-$here/../..}/../shared/data/seamonkey_bugs.csv}
cd "$tmp" || exit 99
servers

load() {
	at "$1" desk import --csv "$2" --key 'Issue id' --map Summary=title --map Description=description \
		--map Status=state --map Priority=priority --map Resolution=resolution \
		--map Created=created --map Resolved=resolved --json
}

holds() {
	[ "$(at "$1" desk list --json | jq -s length)" -eq "$2" ]
}

# table FILE ROWS ALL: FILE from Anna to Bert, whose desk holds ALL then.
table() {
	check "a table of $2 issues comes into one desk" loads "$1" "$2"
	check "it goes by mail" mail_settle anna bert
	check "both desks are equal" same_desks anna bert
	check "every row has arrived" holds bert "$3"
	check "a further round sends nothing" mail_silent anna bert
}

loads() {
	[ "$(load anna "$1" | jq .new)" -eq "$2" ]
}

holds_mails() {
	[ "$(ours "$1")" -eq "$2" ]
}

# The mail with Bert's first envelope, as it lies in Anna's mailbox.
keep_a_mail() {
	cp "$(grep -rlE '^Subject: handsel ' "$(maildir anna)/new" | head -n 1)" one.eml
}

# What a person with the key can do: save the attachment of one.eml, and open it.  Whose signature it is can't
# be known yet: the key is in it.
opens_by_hand() {
	name=$(sed -n 's/^Subject: handsel //p' one.eml | tr -d '\r')
	awk 'on && /^--/ { exit } on { print } /filename=/ { seen = 1 } seen && /^\r?$/ { on = 1 }' one.eml | base64 -di >"$name"
	[ "$(sha256sum <"$name" | cut -c 1-8)" = "$(echo "$name" | sed 's/.*-\(.*\)\.zip\.gpg/\1/')" ] &&
		! hand anna bert --output by-hand.zip --decrypt "$name" 2>said && grep -q "Can't check signature" said && unzip -p by-hand.zip manifest.json | grep -q '"kind"'
}

no_content_in_headers() {
	sed '/^\r*$/q' one.eml | tr -d '\r' | tee head.txt
	! grep -iE 'anna-secret|Leak in' head.txt && grep -q '^Auto-Submitted: auto-generated' head.txt &&
		grep -q '^Message-ID: <' head.txt
}

words() {
	at "$1" link show "$2" --json | jq -r .compare
}

same_words() {
	[ "$(words anna bert)" != null ] && [ "$(words anna bert)" = "$(words bert anna)" ]
}

empty() {
	[ "$(mails "$1")" -eq 0 ]
}

edit() {
	echo 'a small file' >note.txt
	at bert desk comment 1 'seen again' && at anna desk set 1 title='Leak in hall 4' &&
		at bert desk attach 2 note.txt
}

site anna bert || exit 99
check "the master's half is made" mail_offer anna bert --scope all
check "the slave joins, and its first mail leaves" mail_accept anna bert --scope all
delivered
check "one envelope is one mail" holds_mails anna 1
keep_a_mail
check "anyone with the key can save and open it" opens_by_hand
check "its headers say that a program wrote it, and nothing of the content" no_content_in_headers
check "pairing ends by mail" mail_settle anna bert
check "both sides show the same words" same_words
table "$here/../data/small.csv" 40 40
check "edits on both sides, a comment and a file" edit
check "cross by mail" mail_settle anna bert
check "and both desks are equal" same_desks anna bert
if [ -f "$large" ]; then
	table "$large" 1076 1116
else
	skip "1,076 real bugs" "no $large"
fi
check "no mail of the link is left with the one" empty anna
check "nor with the other" empty bert
check "no process is left" idle
tap_end
