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
check "it is offered again by mail" later anna bert
delivered
at bert desk new title='By mail' >/dev/null
check "all is settled by mail" mail_settle anna bert
check "both desks are equal" same_desks anna bert
check "the numbers go on" sh -c "[ $(number) -ge $(cat before) ]"
check "no item was made twice" sh -c "[ $(at bert desk list --json | jq -s length) -eq 3 ]"
at anna desk new title='In between again' >/dev/null
sync_at anna bert
delivered
check "both go back to folders while a mail is on its way" to_folder
check "what was mailed is offered there" later anna bert
at anna desk set 1 title='By folder again' >/dev/null
check "all is settled by folder" settle anna bert
check "both desks are equal again" same_desks anna bert
check "it was the same items all the time" sh -c "[ $(at bert desk list --json | jq -s length) -eq 4 ]"
refute "mail without an address is refused" at anna link set bert channel=mail mail.address=
check "and changes nothing" settle anna bert
check "no process is left" idle
tap_end
