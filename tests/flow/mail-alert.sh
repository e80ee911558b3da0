#!/bin/sh
# mail-alert - trouble and success are told by mail, through another account, once each
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
cd "$tmp" || exit 99
MAIL_USERS="anna:annapw bert:bertpw ops:opspw boss:bosspw robot:robotpw"
export MAIL_USERS
servers

# subjects USER: of the mails that have come since it was last asked, sorted; they are kept in ./USER.last.
subjects() {
	delivered
	cat "$(maildir "$1")"/new/* 2>/dev/null | tr -d '\r' >"$1.last"
	rm -f "$(maildir "$1")"/new/*
	awk '/^Subject: / { on = 1; sub(/^Subject: /, ""); line = $0; next }
		on && /^[ \t]/ { sub(/^[ \t]+/, " "); line = line $0; next }
		on { print line; on = 0 }' "$1.last" | sed 's/^handsel anna, link bert: //; s/ .*//' | sort
}

passes() {
	for passes_i in 1 2 3; do
		sync_at anna bert
	done
}

# The log has the mail with the id that it bears.
same_id() {
	same_id_is=$(sed -n 's/^Message-ID: <\(.*\)>/\1/p' ops.last | head -n 1)
	[ -n "$same_id_is" ] && at anna log bert | grep -qF "$same_id_is"
}

letter_helps() {
	cat ops.last
	grep -q '^From: .*robot@example.com' ops.last && grep -q 'site anna, link bert: trouble, since' ops.last &&
		grep -q 'handsel .*link connect bert' ops.last && grep -q '^Auto-Submitted: auto-generated' ops.last
}

met || exit 99
(umask 077 && echo robotpw >robot.password)
at anna link set bert alert.over='0 s' "alert.mail=ops@$MAIL_DOMAIN boss@$MAIL_DOMAIN" \
	"alert.mail_from=robot@$MAIL_DOMAIN" "alert.mail_send=smtp+starttls://robot@localhost:$SMTP_PORT" \
	"alert.mail_password_file=$tmp/robot.password" "alert.mail_ca_file=$MAIL_CA_FILE" >/dev/null
passes
check "while all is well nothing is mailed" prints '' subjects ops
mv anna/links/bert/exchange away
passes
check "trouble is mailed once" prints 'trouble:' subjects ops
check "by whom, since when, what is wrong and what helps" letter_helps
check "to each of the addresses" prints 'trouble:' subjects boss
mv away anna/links/bert/exchange
passes
check "and that it is over" prints 'over:' subjects ops
check "the log has it with the same id" same_id

fault rcpt-reject on boss
mv anna/links/bert/exchange away
passes
check "an address that is refused keeps it from nobody else" prints 'trouble:' subjects ops
check "and makes no flood" prints '' subjects ops
fault rcpt-reject off
mv away anna/links/bert/exchange
passes
subjects ops >/dev/null
subjects boss >/dev/null

at anna link set bert alert.success='1 s' >/dev/null
passes
at anna desk new title='News' >/dev/null
settle anna bert
sleep 1.2
passes
check "success is mailed to who asked for it" prints 'done:' subjects ops
check "with figures" grep -q 'of ours were taken over there' ops.last
sleep 1.2
passes
check "when nothing has happened nothing is mailed" prints '' subjects ops
at anna link set bert alert.success= >/dev/null

mail_do stop
mv anna/links/bert/exchange away
passes
mail_do restart >/dev/null
passes
check "a server that is away is tried again, some minutes later" prints '' subjects ops
HANDSEL_TEST_SHIFT=400 sync_at anna bert
check "and then told once" prints 'trouble:' subjects ops
mv away anna/links/bert/exchange
check "no process is left" idle
tap_end
