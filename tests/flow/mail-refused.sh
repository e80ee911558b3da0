#!/bin/sh
# mail-refused - what keeps a mail server from working is one clear line, told once, and mends itself
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
cd "$tmp" || exit 99
servers

# step PATTERN: which line of `link test` fails, and that it is the only one.
step() {
	at anna link test bert --json | jq -r 'select(.ok | not) | "\(.what): \(.text)"' >failed.txt
	cat failed.txt
	[ "$(wc -l <failed.txt)" -eq "${2:-1}" ] && grep -qE "$1" failed.txt
}

# problem KIND PATTERN: what status says after a pass.
problem() {
	at anna -q sync bert >/dev/null 2>&1
	at anna status bert --json | jq -r '(.problems + .hints)[] | "\(.kind) \(.text)"' >problems.txt
	cat problems.txt
	grep -E "^$1 " problems.txt | grep -qE "$2"
}

told() {
	sort told 2>/dev/null
	rm -f told
}

well() {
	at anna link test bert --json | jq -es 'all(.[]; .ok)' >/dev/null
}

all_steps() {
	at anna link test bert --json | jq -r .what | grep -E '^(send|receive): ' | sort >steps.txt
	printf '%s\n' 'receive: certificate' 'receive: connect' 'receive: folder' 'receive: it arrives' 'receive: login' \
		'receive: password' 'receive: resolve' 'send: a mail to oneself' 'send: certificate' 'send: connect' 'send: login' 'send: password' 'send: resolve' |
		sort | diff - steps.txt
}

empty() {
	find "$(maildir anna)" -type f -path '*/[nc]*/*' | while read -r empty_mail; do head -c 3000 "$empty_mail"; done
	[ "$(mails anna)" -eq 0 ]
}

set_at() {
	at anna link set bert "$@" >/dev/null
}

# One line on the standard error, which holds no password.
one_line() {
	"$@" >/dev/null 2>said.txt
	one_line_status=$?
	cat said.txt
	[ $one_line_status -ne 0 ] && [ "$(grep -c '^handsel: ' said.txt)" -eq 1 ]
}

secret_nowhere() {
	! grep -rl annapw anna --include=link.conf --include=mail.json --include=state.db* && ! at anna log bert | grep annapw
}

site anna bert || exit 99
check "two sites are paired by mail" mail_pair anna bert --scope all
check "every step of the test is told" all_steps
check "and leaves nothing in the mailbox" sh -c "[ $(mails anna) -eq 0 ]"
set_at alert.over='0 s' "alert.command=echo \"\$HANDSEL_STATE \$HANDSEL_KIND\" >>'$tmp/told'"

password anna changed
check "a wrong password is told by the test" step '^receive: login: .*127|localhost.*login' 2
check "and by status" problem mail-receive 'login'
at anna desk new title='one' >/dev/null
check "when there is something to send, for that, too" problem mail-send 'login'
for i in 1 2 3; do sync_at anna bert; done
check "it is told once" prints 'trouble mail-receive
trouble mail-send' told
password anna annapw
check "with the right one all is well" well
check "and the item arrives" mail_settle anna bert
sync_at anna bert
check "which is told once" prints 'over mail-receive
over mail-send' told

for kind in expired host unknown; do
	mail_do cert $kind >/dev/null
	case $kind in
	expired) words='expired' ;;
	host) words='host|name' ;;
	unknown) words='not known' ;;
	esac
	check "a certificate ($kind) is told by the test" step "certificate: .*($words)" 2
	step "certificate" 2 >/dev/null
	cp failed.txt "cert-$kind.txt"
done
check "the three of them differ" sh -c '! cmp -s cert-expired.txt cert-host.txt && ! cmp -s cert-host.txt cert-unknown.txt && ! cmp -s cert-expired.txt cert-unknown.txt'
check "status tells it" problem mail-receive 'certificate'
mail_do cert good >/dev/null
check "a good one mends it" well

set_at "mail.receive=imaps://anna@localhost:$IMAPS_PORT/Nowhere"
check "a folder that is not there" step '^receive: folder: .*Nowhere'
set_at "mail.receive=imaps://anna@localhost:1"
check "a server that does not listen" step '^receive: connect: .*localhost:1'
set_at "mail.receive=imaps://anna@nowhere.invalid"
check "a host that has no address" step '^receive: resolve: .*nowhere.invalid'
set_at "mail.receive=imaps://anna@localhost:$IMAPS_PORT"
sync_at anna bert
told >/dev/null

at anna desk new title='two' >/dev/null
fault rcpt-reject on bert
check "a recipient who is refused" problem mail-send 'permanent failure|refuse'
fault rcpt-reject off
fault quota on bert
check "a full mailbox" problem mail-send 'full'
fault quota off
fault rcpt-defer on bert
check "a server that asks to try later is no problem yet" problem mail-send 'temporary failure|later'
fault rcpt-defer off
check "then the item arrives" mail_settle anna bert

fault quota-bounce on bert
at anna desk new title='three' >/dev/null
sync_at anna bert
delivered
check "a mail that came back names its envelope and why" problem bounce 'm[0-9]+ came back: .*(full|quota|5\.2\.2)'
check "the report itself is done with" empty
fault quota-bounce off
check "it is sent again" sh -c "HANDSEL_TEST_SHIFT=10800 '$HANDSEL' --home anna -q sync bert; true"
delivered
check "and arrives" mail_settle anna bert
refute "status has forgotten it" problem bounce .
check "no password stands anywhere" secret_nowhere

mail_options=$(by_mail anna)
check "a link by mail needs an address" one_line at anna link new carl --channel mail --out carl.handshake
refute "nothing is made then" test -e anna/links/carl
check "a server without TLS must be this machine" one_line at anna link set bert mail.receive=imap://mail.example.com
check "a password in a URL is refused and not shown" one_line at anna link set bert mail.receive=imaps://anna:annapw@localhost
refute "indeed" grep annapw said.txt
chmod 644 anna.password
check "a password file that others can read" step 'password: .*chmod' 2
chmod 600 anna.password
check "all is settled" mail_settle anna bert
check "both desks are equal" same_desks anna bert
check "no process is left" idle
tap_end
