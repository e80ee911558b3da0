#!/bin/sh
# mail-mailbox - two links and a person share one mailbox, and what becomes of mails that were taken
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
cd "$tmp" || exit 99
MAIL_USERS="anna:annapw bert:bertpw carl:carlpw"
export MAIL_USERS
servers

# Mails of a person and nothing else; as they were at first.
untouched() {
	snapshot anna >now.txt && diff before.txt now.txt
}

both_round() {
	mail_settle anna bert && mail_settle anna carl
}

# Everybody writes something; Bert's and Carl's mails come to Anna between those of people.
busy() {
	at anna desk new title="Hello $1" >/dev/null && at bert desk new title="From Bert $1" >/dev/null &&
		at carl desk new title="From Carl $1" >/dev/null && sync_at bert anna && sync_at carl anna && delivered
}

has() {
	at "$1" desk list --json | jq -es "any(.[]; .title == \"$2\")" >/dev/null
}

arrived() {
	has anna "From Bert $1" && has anna "From Carl $1" && has bert "Hello $1" && has carl "Hello $1"
}

# in_folder FOLDER: mails of links there.
in_folder() {
	grep -rlE '^Subject: handsel ' "$(maildir anna)/$1/cur" "$(maildir anna)/$1/new" 2>/dev/null | wc -l
}

flagged() {
	grep -rlE '^Subject: handsel ' "$(maildir anna)/cur" | grep -c ':2,.*S'
}

# A new numbering of the whole mailbox, as after a move to another server.
renumbered() {
	mail_do stop && rm -f "$(maildir anna)"/dovecot-uidlist "$(maildir anna)"/dovecot.index* && mail_do restart >/dev/null
}

# A copy of a backup in which the numbers run backwards: the same numbering, with fewer mails seen.
backwards() {
	mail_do stop && cp uidlist.old "$(maildir anna)/dovecot-uidlist" && rm -f "$(maildir anna)"/dovecot.index* &&
		mail_do restart >/dev/null
}

site anna bert carl || exit 99
person anna
snapshot anna >before.txt
check "the mailbox has mails of a person" sh -c '[ $(wc -l <before.txt) -gt 10 ]'
check "one link is paired in it" mail_pair anna bert --scope all
check "and another" mail_pair anna carl --scope all
check "the person's mails are as they were" untouched
cp "$(maildir anna)/dovecot-uidlist" uidlist.old
check "mails of both links arrive between them" busy one
check "all is settled" both_round
check "each link took its own" arrived one
check "and nothing else" untouched
check "no mail of a link is left" sh -c "[ $(ours anna) -eq 0 ]"

at anna link set bert mail.taken=move mail.taken_folder='Gelöscht & mehr' >/dev/null
at anna link set carl mail.taken=flag >/dev/null
check "more mails arrive" busy two
check "all is settled again" both_round
check "each link took its own again" arrived two
check "those of the one link lie in its folder" sh -c "find '$(maildir anna)' -type d -name '.Gel&APY-scht &- mehr' | grep -q ."
check "those of the other are flagged as read" sh -c "[ $(flagged) -gt 0 ]"
at anna link set carl mail.taken=delete >/dev/null

check "the server gives all mails new numbers" renumbered
check "more mails arrive then" busy three
check "all is settled once more" both_round
check "nothing is lost" arrived three
check "the numbers run backwards" backwards
check "more mails arrive after that" busy four
check "all is settled then, too" both_round
check "nothing is lost then, either" arrived four
check "nothing was made twice" sh -c "[ $(at anna desk list --json | jq -s length) -eq 12 ]"
check "all three desks are equal" sh -c "[ $(at bert desk list --json | jq -s length) -eq $(at carl desk list --json | jq -s length) ]"
check "no process is left" idle
tap_end
