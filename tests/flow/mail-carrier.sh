#!/bin/sh
# mail-carrier - what mail systems do to mails: doubled, late, out of order, lost, cut, wrapped, renamed
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
cd "$tmp" || exit 99
servers

# write N: N items of Bert's, each in an envelope, a mail each; they are put aside in ./held, in order.
write() {
	rm -rf held && mkdir held
	for write_i in $(seq "$1"); do
		at bert desk new title="$2 $write_i" >/dev/null && sync_at bert anna && delivered || return 1
		for write_mail in $(grep -rlE '^Subject: handsel .*-s0' "$(maildir anna)/new" "$(maildir anna)/cur"); do
			mv "$write_mail" "held/$write_i.eml"
		done
	done
	[ "$(ls held | wc -l)" -eq "$1" ]
}

titles() {
	at anna desk list --json | jq -r .title | sort
}

# has N WORD: are all items of that word there, once each?
has() {
	[ "$(titles | grep -c "^$2 ")" -eq "$1" ] || { titles; return 1; }
}

take() {
	sync_at anna bert && delivered
}

doubled() {
	write 1 doubled && deliver anna held/1.eml && deliver anna held/1.eml && take && deliver anna held/1.eml && take
}

reordered() {
	write 4 reordered && for reordered_i in 4 2 3 1; do deliver anna held/$reordered_i.eml; done && take
}

delayed() {
	write 3 delayed && deliver anna held/1.eml && deliver anna held/3.eml && take && take && has 1 delayed || return 1
	deliver anna held/2.eml && take
}

lost() {
	write 1 lost && rm held/1.eml && take && has 0 lost
}

# The sender's clock is three hours on: what was not acknowledged goes again.
again() {
	HANDSEL_TEST_SHIFT=10800 sync_at bert anna && delivered
}

cut_short() {
	write 1 cut && head -c 2500 held/1.eml >held/part.eml && deliver anna held/part.eml && take
}

is_refused() {
	at anna spool list bert --json | jq -es 'any(.[]; .where == "quarantine" and .reason == 101)' >/dev/null
}

# nested: as an attachment of a forwarded mail.
nested() {
	write 1 nested || return 1
	{
		printf 'From: mia@example.com\nTo: anna@example.com\nSubject: Fwd: this came to me\nMIME-Version: 1.0\n'
		printf 'Content-Type: multipart/mixed; boundary="outer"\n\n--outer\nContent-Type: text/plain\n\nfor you\n'
		printf -- '--outer\nContent-Type: message/rfc822\n\n'
		cat held/1.eml
		printf '\n--outer--\n'
	} >held/forward.eml
	deliver anna held/forward.eml && take
}

# Another mailer encodes anew, in short lines that end with LF alone, and a list adds a footer.
mangled() {
	write 1 mangled || return 1
	awk '
		{ sub(/\r$/, "") }
		/^Content-Type: multipart/ { sub(/multipart\/mixed;? */, "multipart/mixed;\n\t") }
		/filename=/ { part = 1 }
		part && /^$/ { body = 1; print; next }
		body && /^--/ { while (length(all) > 0) { print substr(all, 1, 40); all = substr(all, 41) }
			printf "--%s\nContent-Type: text/plain\n\n_____\nThe list of lists\n", substr($0, 3, length($0) - 4); body = 0 }
		body { all = all $0; next }
		{ print }' held/1.eml >held/mangled.eml
	deliver anna held/mangled.eml && take
}

# The attachment has another name; only the subject tells.
renamed() {
	write 1 renamed && sed 's/filename="[^"]*"/filename="attachment.bin"/; s/name="[^"]*zip.gpg"/name="attachment.bin"/
		/filename\*[0-9]*/d' held/1.eml >held/renamed.eml && ! grep -q 'name=.*zip.gpg' held/renamed.eml &&
		deliver anna held/renamed.eml && take
}

# Exchange puts all attachments into one that only Outlook reads.
winmail() {
	write 1 winmail || return 1
	{
		sed -n '/^$/q; /^\r$/q; /^Content-Type/,/^[^ \t]/{ /^Content-Type/d; /^[ \t]/d; }; p' held/1.eml | tr -d '\r'
		printf 'Content-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64\n'
		printf 'Content-Disposition: attachment; filename="winmail.dat"\n\neJ8+IgYQAQaQCAAEAAAAAAABAAEAAQeQBgAIAAAA5AQAAA==\n'
	} >held/winmail.eml
	deliver anna held/winmail.eml && take
}

tells_winmail() {
	at anna status bert --json | jq -r '.problems[].text' | tee said | grep -q 'winmail.dat'
}

out_of_office_twice() {
	out_of_office >reply.eml && deliver bert reply.eml && sync_at bert anna && sync_at bert anna && delivered &&
		[ "$(mails bert)" -eq 1 ] && [ "$(mails anna)" -eq "$(ours anna)" ] && ! grep -r mia@ "$mail_dir/log"
}

# One more than may leave at once, of ten an hour; what is left follows.
rated() {
	rated_before=$(ours anna)
	at bert link set anna mail.rate=10 && for rated_i in 1 2 3 4; do
		at bert desk new title="rated $rated_i" >/dev/null && sync_at bert anna || return 1
	done
	delivered && [ "$(ours anna)" -eq $((rated_before + 2)) ]
}

tells_rate() {
	at bert -q sync anna 2>&1 | grep 'mail.rate of 10 mails an hour is reached; the next leaves in [0-9]* s' ||
		at bert sync anna | grep 'mail.rate of 10 mails an hour is reached; the next leaves in [0-9]* s'
}

# later N: what has left N seconds on.
later() {
	HANDSEL_TEST_SHIFT=$1 sync_at bert anna && delivered
}

too_large() {
	head -c 200000 /dev/urandom >large.bin && at anna link set bert mail.receive_size='64 KiB' >/dev/null &&
		at bert desk new title='large 1' >/dev/null &&
		at bert desk attach "$(at bert desk list --json | jq -r 'select(.title == "large 1").id')" large.bin >/dev/null &&
		sync_at bert anna && delivered && take && has 0 large &&
		at anna status bert --json | jq -r '.problems[].text' | grep -q 'more than mail.receive_size'
}

let_in() {
	at anna link set bert mail.receive_size= >/dev/null && take && has 1 large
}

site anna bert || exit 99
check "two sites are paired by mail" mail_pair anna bert --scope all
at bert link set anna sync.resend='1 h' >/dev/null
check "a mail comes three times" doubled
check "its item is there once" has 1 doubled
check "four mails come in another order" reordered
check "all are taken" has 4 reordered
check "one of three comes late: the one behind it waits" delayed
check "all three are there then" has 3 delayed
check "a mail gets lost" lost
check "it is sent again" again
check "and arrives" take
check "so that its item is there" has 1 lost
check "a mail is cut short" cut_short
check "it is in quarantine with its reason" is_refused
check "the envelope is sent again" again
check "and taken" take
check "so that nothing is lost" has 1 cut
check "a mail is forwarded as an attachment" nested
check "its envelope is taken" has 1 nested
check "a mail is encoded and folded anew, with a footer" mangled
check "its envelope is taken, too" has 1 mangled
check "an attachment has lost its name" renamed
check "the subject tells what it is" has 1 renamed
check "an attachment is wrapped in winmail.dat" winmail
check "status says so and what helps" tells_winmail
check "the whole one is sent again" again
check "and taken without it" take
check "so nothing is missing" has 1 winmail
refute "status has forgotten it" tells_winmail
rm -rf anna/links/bert/quarantine
check "all is settled" mail_settle anna bert
check "a mail that is too large is left, and told" too_large
check "and taken as soon as it may be" let_in
check "a rate is kept" rated
check "and told" tells_rate
check "what has left is taken" take
check "an hour later the others leave" later 3600
check "and are taken" take
check "nothing is lost by it" has 4 rated
at bert link set anna mail.rate= >/dev/null
check "all is settled again" mail_settle anna bert
check "an out-of-office mail is neither answered nor touched" out_of_office_twice
rm -f "$(maildir bert)"/new/* "$(maildir bert)"/cur/*
check "both desks are equal" same_desks anna bert
check "no process is left" idle
tap_end
