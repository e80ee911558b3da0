#!/bin/sh
# mail-wizard - two people make a link by mail at a terminal, with wrong answers and a wrong password first
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/typed.sh"
. "$here/mail_kit.sh"
cd "$tmp" || exit 99
servers
site anna bert || exit 99
cp "$MAIL_CA_FILE" ca.pem
(umask 077 && printf 'bertpw\n' >bert.word)

# Passwords on a command line of whatever this test started, looked for as long as it runs.
printf 'annapw\nbertpw\nwrongword\n' >secrets
sniff() {
	while [ -e sniffing ]; do
		grep -laF -f secrets /proc/[0-9]*/cmdline 2>/dev/null | while read -r sniff_file; do
			grep -qaF "HOME=$tmp" "${sniff_file%cmdline}environ" 2>/dev/null && echo "$sniff_file"
		done >>sniffed
		sleep 0.05
	done
}
touch sniffing sniffed
sniff &
sniffer=$!

# secret_in DIR: the files there that hold a password.
secret_in() {
	grep -rlaF -f secrets "$1"
}

# ---- link new ----

HANDSEL_HOME=$tmp/anna
export HANDSEL_HOME

# What Anna answers up to the password, after it, and from there to the last question.
cat >anna.server <<END
>:993]: 
<localhost:$IMAPS_PORT
>[anna@example.com]: 
<anna
>[1]: 
<typed
END
cat >anna.send <<END
>:587]: 
<localhost:$SMTP_PORT
>receiving? [Y/n] 
<
>[system]: 
<ca.pem
>[1]: 
<
>now? [Y/n] 
<
END
cat >anna.rest <<END
>empty): 
<
>[1]: 
<3
>[bert-sync]: 
<
>? [Y/n] 
<
>[30]: 
<
END

{
	cat <<END
>partner? 
<bert
>Choose [1]: 
<?
>Choose [1]: 
<2
>side: 
<anna
>side: 
<?
>side: 
<anna@example.com
>:993]: 
<smtps://localhost:$SMTPS_PORT
>:993]: 
<imap://mail.example.com
>:993]: 
<?
END
	cat anna.server
	cat <<END
>shown): 
<
>shown): 
<wrongword
>:587]: 
<imaps://localhost
>:587]: 
<localhost:$SMTP_PORT
>receiving? [Y/n] 
<
>[system]: 
<none.pem
>[system]: 
<ca.pem
>[1]: 
<4
>[1]: 
<1
>now? [Y/n] 
<
>is? [y/N] 
<
>[anna@example.com]: 
<
>:$IMAPS_PORT]: 
<
>there [anna]: 
<
>[1]: 
<
>[as before]: 
<annapw
>:$SMTP_PORT]: 
<
>receiving? [Y/n] 
<
>pem]: 
<
>[1]: 
<
>now? [Y/n] 
<
END
	cat anna.rest
	cat <<END
>it? [Y/n] 
<
END
} >anna.typed
check "Anna makes a link, with a wrong password first" typed 0 link new <anna.typed
cp screen anna.screen
check "an address that is none is told" shows 'mail.address: cannot be "anna"'
check "so is a server for the other way" shows 'mails are received by imap or pop3'
check "and the other way round" shows 'mails are sent by smtp'
check "so is one without TLS" shows 'without TLS only this machine'
check "so are certificates that are not there" shows "there is no file $tmp/none.pem"
check "servers are proposed from the address" shows '^Server of the mailbox \[imaps://imap\.example\.com:993\]: '
check "for sending, too" shows '^Server that sends \[smtp\+starttls://smtp\.example\.com:587\]: '
check "a host is completed" shows "^  that is imaps://localhost:$IMAPS_PORT\$"
check "the wrong password is refused in receiving" shows '^  !   receive: login: '
check "and in sending" shows '^  !   send: login: '
check "with the right one a mail arrives" shows '^  ok  receive: it arrives: '
check "before the last yes the servers are shown" shows "^  receives by +imaps://anna@localhost:$IMAPS_PORT\$"
check "then what was made" shows '^        address +anna@example\.com$'
check "and how to try it again" shows '^     3\. handsel .*link test bert$'
refute "nothing of a password is shown" grep -qF -f secrets screen
check "no line is longer than the terminal" narrow
check "the mail to herself is gone" prints 0 mails anna
check "the password lies in the link's directory alone" prints anna/links/bert/mail.password secret_in anna
check "for its owner alone" prints 600 stat -c %a anna/links/bert/mail.password
check "the settings tell where" says 0 "^  mail.password_file +$tmp/anna/links/bert/mail.password\$" at anna link show bert
check "the handshake file tells the address" says 0 '^  Address +anna@example\.com$' at bert link inspect bert.handshake

# Whoever leaves, or says no, leaves nothing.
answers() {
	printf '>partner? \n<nord\n>Choose [1]: \n<2\n>side: \n<anna@example.com\n'
	cat anna.server
	printf '>shown): \n<annapw\n'
	cat anna.send
}
nothing_new() {
	[ "$(ls -A anna/links)" = bert ] && [ "$(secret_in anna)" = anna/links/bert/mail.password ] && return
	find anna/links -maxdepth 2
	return 1
}
left_at_the_end() {
	{ answers && sed s/bert/nord/ anna.rest && printf '>it? [Y/n] \n%s\n' "$1"; } | typed 1 link new
}
check "Ctrl-C before the last yes leaves" left_at_the_end '^C'
check "with nothing made, the password forgotten" nothing_new
check "so does a no" left_at_the_end '<n'
check "with nothing made" nothing_new
untried() {
	{ answers | sed '$d' && printf '<n\n>empty): \n^C\n'; } | typed 1 link new
}
check "the test can be left out" untried
refute "nothing was tried" shows 'receive: '
echo 's/<annapw/<wrongword/' >other-word
check "POP3 can only delete, which is not asked then" typed 1 link new <<END
>partner? 
<nord
>Choose [1]: 
<2
>side: 
<anna@example.com
>:993]: 
<pop3s://anna@localhost:$POP3S_PORT
>there [anna]: 
<
>[1]: 
<
>shown): 
<annapw
>:587]: 
<localhost:$SMTP_PORT
>receiving? [Y/n] 
<
>[system]: 
<ca.pem
>now? [Y/n] 
<
>empty): 
^C
END
check "it works, too" shows '^  ok  receive: it arrives: '
wrong_and_on() {
	{ answers | sed -f other-word && printf '>is? [y/N] \n<y\n>empty): \n^C\n'; } | typed 1 link new
}
check "who says so goes on though it does not work" wrong_and_on
mail_flags() {
	by_mail anna | sed '/^--set$/d' | grep -v "$1" | sed 's/^/--set /'
}
check "what it leaves open is" typed 1 link new nord --channel mail $(mail_flags mail.receive) <<END
>:993]: 
<localhost:$IMAPS_PORT
>[anna@example.com]: 
<anna
>[1]: 
<
>now? [Y/n] 
<
>empty): 
^C
END
check "and works" shows '^  ok  receive: it arrives: '
check "a URL with a password in it is refused" typed 2 link new nord --channel mail --set mail.receive=imaps://anna:sesame@localhost <<'END'
END
refute "and not shown" grep -q 'sesame' screen
check "with all of it nothing is asked" typed 0 link new west --channel mail $(by_mail anna) <<'END'
END
at anna link remove west --force --yes >/dev/null
check "where nobody can be asked, all that is missing is one error" says 1 'mail.address, mail.receive, mail.send, mail.password_file' \
	at anna link new nord --channel mail
check "of what is there it says nothing" says 1 'link nord by mail needs mail.send$' \
	at anna link new nord --channel mail $(mail_flags mail.send)
check "nothing came of all that" nothing_new

# ---- link join ----

HANDSEL_HOME=$tmp/bert
check "Bert joins, with a command and a file for his passwords" typed 0 link join bert.handshake <<END
>words? [y/N] 
<y
>[anna] 
<
>[1]: 
<
>[anna-sync]: 
<
>side: 
<bert@example.com
>:993]: 
<imap+starttls://localhost:$IMAP_PORT
>[bert@example.com]: 
<bert
>[1]: 
<3
>Command: 
<cat $tmp/bert.word
>:587]: 
<smtps://localhost:$SMTPS_PORT
>receiving? [Y/n] 
<n
>none) [bert]: 
<?
>none) [bert]: 
<
>[1]: 
<2
>File: 
<none
>File: 
<bert.word
>[system]: 
<ca.pem
>[1]: 
<flag
>now? [Y/n] 
<
>Join? [Y/n] 
<
END
check "he sees where Anna gets her mails" shows '^Site anna gets its mails at anna@example\.com\.'
check "both ways work" shows '^  ok  receive: it arrives: '
check "his answer has left" shows '^Joined\. s1 \(handshake\) has been mailed'
check "his link waits for hers" says 0 'handshake, waiting for their ping' at bert status anna
check "he sees both addresses" shows '^        theirs +anna@example\.com$'
sed -i '/^Server /d' screen
check "what he has not typed himself is not longer than the terminal" narrow
refute "his password is in no file of the site" secret_in bert
check "the settings are as typed" sh -c '"$HANDSEL" link show anna --json | jq -es ".[0].settings | .\"mail.password_command\" == \"cat $1/bert.word\" and
	.\"mail.send_password_file\" == \"$1/bert.word\" and .\"mail.taken\" == \"flag\" and .\"mail.ca_file\" == \"$1/ca.pem\"" >/dev/null' - "$tmp"

# ---- what goes over ----

at anna desk new title='Pump leaks' state=open >/dev/null
check "both pair by mail" mail_settle anna bert
check "the first item has arrived" same_desks anna bert
check "it is there" prints '"Pump leaks"' sh -c '"$HANDSEL" desk list --json | jq .title'

# ---- commands ----

check "link test tells each step" says 0 '^ok +send: a mail to oneself' at anna link test bert
check "for programs, too" sh -c '"$HANDSEL" --home anna link test bert --json | jq -es "all(.[]; .ok) and any(.[]; .what == \"receive: it arrives\")" >/dev/null'
check "check tries the mailbox, too" says 0 '^bert +ok +receive: it arrives' at anna check bert
check "link list names the channel" says 0 '^bert +running +master +mail ' at anna link list
check "link show names addresses and servers" says 0 "^sends +smtp\\+starttls://anna@localhost:$SMTP_PORT\$" at anna link show bert
check "for programs, too" sh -c '"$HANDSEL" --home anna link show bert --json | jq -es ".[0] | .send == null and .receive == null and
	.address == \"anna@example.com\" and .partner_address == \"bert@example.com\" and (.receive_server | startswith(\"imaps://\"))" >/dev/null'
check "there are no folders to point elsewhere" says 1 'goes by mail and has no folders' at anna link connect bert --send "$tmp" --receive "$tmp/anna"
mkdir stick
check "nor any to carry" says 1 'goes by mail and has no folders' at anna media out bert stick
mv anna/links/bert/mail.password kept
check "check tells that the password is not there" says 3 '^bert +! +receive: password .*mail\.password' at anna check bert
mv kept anna/links/bert/mail.password

# ---- to folders and back ----

at anna desk set 1 state=done >/dev/null
sync_at anna bert
at bert link set anna channel=folder >to-folder
check "who changes the channel is told what the partner has to do" grep -q 'link set NAME channel=folder' to-folder
check "the other side changes it, too" says 0 'goes by folder from now on' at anna link set bert channel=folder
check "what had been mailed is offered once more" settle anna bert
check "and has arrived" same_desks anna bert
at bert desk set 1 state=open >/dev/null
sync_at bert anna
check "back to mail" says 0 'goes by mail from now on' at bert link set anna channel=mail
check "on both sides" says 0 'goes by mail from now on' at anna link set bert channel=mail
check "what lay in the folder is mailed" mail_settle anna bert
check "and both are equal" same_desks anna bert
check "mail without its settings is refused" says 1 'needs mail.send$' at anna link set bert mail.send=

rm sniffing
wait "$sniffer"
check "no password was on a command line" prints "" cat sniffed
check "none is in what the commands log" sh -c '! { "$HANDSEL" --home anna log; "$HANDSEL" --home bert log; "$HANDSEL" --home anna log --json; } | grep -F -f secrets'
tap_end
