#!/bin/sh
# mail-switch - a link goes over from folders to mail and back, with its numbers and items
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
cd "$tmp" || exit 99
servers

# by_settings USER PARTNER: the settings alone, for `link set`.
by_settings() {
	by_mail "$1" | grep -v '^--set$'
	echo "mail.partner=$2@$MAIL_DOMAIN"
}

number() {
	at anna status bert --json | jq -r .last_out_id | tr -d m
}

to_mail() {
	at anna link set bert channel=mail $(by_settings anna bert) && at bert link set anna channel=mail $(by_settings bert anna)
}

to_folder() {
	at anna link set bert channel=folder && at bert link set anna channel=folder
}

tells() {
	at anna status bert --json | jq -r '.problems[] | select(.kind == "channel") | .text' | tee said | grep -q "$1"
}

takes() {
	for takes_file in ./*.zip.gpg; do
		at anna spool take bert "$takes_file" || return 1
	done
	sync_at anna bert
}

later() {
	HANDSEL_TEST_SHIFT=10800 sync_at "$@"
}

met || exit 99
at anna desk new title='By folder' >/dev/null
check "an item goes by folder" settle anna bert
at anna desk new title='In between' >/dev/null
sync_at anna bert
number >before
check "both go over to mail while an envelope is on its way" to_mail
check "each tells the other in an envelope" later anna bert
delivered
at bert desk new title='By mail' >/dev/null
check "all is settled by mail" mail_settle anna bert
check "both desks are equal" same_desks anna bert
check "the numbers go on" sh -c "[ $(number) -ge $(cat before) ]"
check "no item was made twice" sh -c "[ $(at bert desk list --json | jq -s length) -eq 3 ]"
at bert link set anna channel=folder >/dev/null
sync_at bert anna
check "the one goes back to folders alone, and what it sends is carried" carry bert anna
cp "$(receive_of anna bert)"/* . 2>/dev/null
check "the other can take it from anywhere" takes
check "and tells where the partner has gone" tells 'gone over to channel folder'
at anna desk new title='In between again' >/dev/null
sync_at anna bert
delivered
check "both are with folders while a mail is on its way" to_folder
check "what was mailed is offered there" later anna bert
at anna desk set 1 title='By folder again' >/dev/null
check "all is settled by folder" settle anna bert
check "both desks are equal again" same_desks anna bert
check "it was the same items all the time" sh -c "[ $(at bert desk list --json | jq -s length) -eq 4 ]"
refute "nothing is told any more" tells channel
refute "mail without an address is refused" at anna link set bert channel=mail mail.address=
check "and nothing has changed" settle anna bert
check "no process is left" idle
tap_end
