# mail_kit - mail servers of the test's own, and what people have in their mailboxes; source it after lib.sh
#
# The people are anna and bert (and those of MAIL_USERS); their words are NAMEpw.
#
# servers             starts them (tests/servers/mail.sh), sets MAIL_*, SMTP_PORT, SMTPS_PORT, IMAP_PORT,
#                     IMAPS_PORT, POP3_PORT and POP3S_PORT; where that cannot be, prints a plan that
#                     skips the whole test, and ends it.  They end with the test.
# mail_do COMMAND...  of mail.sh: stop, kill, restart, cert KIND, queue, flush
# maildir USER        the folder of the mails of that person
# deliver USER FILE   FILE is a new mail; delivered_as USER FILE FLAGS: a seen one with Maildir flags
# mails USER          how many there are, in all folders
# fault NAME on|off [USER...]   see mail.sh; for all, unless people are named
# password USER WORD  only this one logs in from now on
# person USER         fills the mailbox with what people have there
# snapshot USER       all of it, one line a mail: folder, flags, hash of its bytes; whatever its file is
#                     called, and whether a client saw that it is new
# smtp FROM TO FILE   sends FILE with curl; FROM logs in

mail_dir=$tmp/mail
mail_sh=${here:?}/../servers/mail.sh

servers() {
	# Those that run as somebody else have to get there.
	chmod go+x "$tmp"
	mail_said=$(MAIL_OWNER=$$ "$mail_sh" start "$mail_dir" 2>&1)
	case $? in
	0) eval "$mail_said" ;;
	77) echo "1..0 # SKIP $mail_said" && exit 0 ;;
	*) echo "Bail out! $mail_said" && exit 99 ;;
	esac
	trap '"$mail_sh" stop "$mail_dir"; rm -rf "$tmp"' EXIT
}

mail_do() {
	mail_command=$1
	shift
	"$mail_sh" "$mail_command" "$mail_dir" "$@"
}

maildir() {
	printf '%s' "$mail_dir/mail/$1/Maildir"
}

# put FILE FOLDER NAME: as a mailer does, whole or not at all; FOLDER is new or cur of a Maildir.
put() {
	put_tmp=${2%/*}/tmp/$3
	cp "$1" "$put_tmp" && chmod 644 "$put_tmp" && mv "$put_tmp" "$2/$3"
}

mail_count=0
mail_name() {
	mail_count=$((mail_count + 1))
	mail_name=$(date +%s).M${mail_count}P$$.example
}

deliver() {
	mail_name
	put "$2" "$(maildir "$1")/new" "$mail_name"
}

delivered_as() {
	mail_name
	put "$2" "$(maildir "$1")/cur" "$mail_name:2,$3"
}

mails() {
	find "$(maildir "$1")" -type f \( -path '*/new/*' -o -path '*/cur/*' \) | wc -l
}

fault() {
	fault_file=$mail_dir/fault/$1
	if [ "$2" = off ]; then
		rm -f "$fault_file"
		return
	fi
	shift 2
	[ $# -gt 0 ] || set -- '*'
	printf '%s:\n' "$@" >"$fault_file.new" && chmod 644 "$fault_file.new" && mv "$fault_file.new" "$fault_file"
}

# Dovecot looks whether the file has changed once a second.
password() {
	sed -i "s/^$1:.*/$1:{PLAIN}$2/" "$mail_dir/passwd" && sed -i "s/^$1:.*/$1: $2/" "$mail_dir/exim.users" &&
		sleep 1.2
}

snapshot() {
	(
		cd "$(maildir "$1")" || exit 1
		find . -type f \( -path '*/new/*' -o -path '*/cur/*' \) | while read -r snapshot_file; do
			snapshot_folder=${snapshot_file%/*/*}
			case $snapshot_file in *:2,*) snapshot_flags=${snapshot_file##*:2,} ;; *) snapshot_flags= ;; esac
			printf '%s [%s] ' "${snapshot_folder#./}" "$snapshot_flags"
			sha256sum <"$snapshot_file" | cut -d ' ' -f 1
		done | LC_ALL=C sort
	)
}

smtp() {
	curl -sS --url "smtp://$MAIL_HOST:$SMTP_PORT" --ssl-reqd --cacert "$MAIL_CA_FILE" --user "$1:$1pw" \
		--mail-from "$1@$MAIL_DOMAIN" --mail-rcpt "$2@$MAIL_DOMAIN" --upload-file "$3"
}

# ---- what people have ----

# letter SUBJECT: the head of a mail by somebody, up to the headers that the caller may add.
letter() {
	printf 'From: Mia <mia@example.com>\nTo: anna@example.com\nDate: Mon, 23 Nov 2026 09:15:00 +0100\n'
	printf 'Message-ID: <%s@example.com>\nSubject: %s\n' "$(printf '%s' "$1" | cksum | tr ' ' .)" "$1"
}

a_plain_one() {
	letter 'Lunch?' && printf '\nAt noon, as always.\n-- \nMia\n'
}

with_raw_bytes() {
	letter 'Gr\374\337e' && printf '\nGr\374\337e aus K\366ln, \000 und \001.\n'
}

without_an_end() {
	letter 'no line end' && printf '\r\nlines with CR LF\r\nand one without'
}

a_head_alone() {
	letter 'a head alone'
}

about_handsel() {
	letter '[handsel] is this from you?'
	printf 'Auto-Submitted: auto-generated\n\nPlease see hs-anna-000000000042-0badcafe.zip.gpg\n'
}

with_another_envelope() {
	letter 'the report, encrypted'
	printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nas promised\n--b\n'
	printf 'Content-Type: application/octet-stream; name="report.zip.gpg"\nContent-Transfer-Encoding: base64\n'
	printf 'Content-Disposition: attachment; filename="report.zip.gpg"\n\naGFuZHNlbCBpcyBub3QgY29uY2VybmVk\n--b--\n'
}

a_forward() {
	letter 'Fwd: lunch'
	printf 'MIME-Version: 1.0\nContent-Type: message/rfc822\n\n' && a_plain_one
}

out_of_office() {
	letter 'Out of office' && printf 'Auto-Submitted: auto-replied\nPrecedence: bulk\n\nUntil Monday.\n'
}

a_bounce_of_her_own() {
	letter 'Undelivered Mail Returned to Sender'
	printf 'Return-Path: <>\nMIME-Version: 1.0\n'
	printf 'Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\n\nsorry\n--r\n'
	printf 'Content-Type: message/delivery-status\n\nReporting-MTA: dns; example.com\n\n'
	printf 'Final-Recipient: rfc822; noone@example.com\nAction: failed\nStatus: 5.1.1\n--r--\n'
}

of_long_lines() {
	letter 'a table' && echo && head -c 300000 /dev/zero | tr '\0' x && echo
}

person() {
	person_mail=$tmp/person.eml
	for person_it in a_plain_one,S with_raw_bytes,F without_an_end,ST a_head_alone,T about_handsel,S \
		with_another_envelope,FS a_forward,RS a_bounce_of_her_own,P of_long_lines,D; do
		"${person_it%,*}" >"$person_mail" && delivered_as "$1" "$person_mail" "${person_it#*,}" || return 1
	done
	for person_it in a_plain_one about_handsel with_another_envelope out_of_office; do
		"$person_it" >"$person_mail" && deliver "$1" "$person_mail" || return 1
	done
	person_folder=$(maildir "$1")/.Family
	mkdir -p "$person_folder/cur" "$person_folder/new" "$person_folder/tmp" && : >"$person_folder/maildirfolder" &&
		a_plain_one >"$person_mail" && mail_name && put "$person_mail" "$person_folder/cur" "$mail_name:2,FS"
	rm "$person_mail"
}

# ---- links by mail ----

# by_mail USER [RECEIVE-SCHEME]: the options of a link end with that mailbox, one a line.
by_mail() {
	by_mail_scheme=${2:-imaps}
	case $by_mail_scheme in
	imaps) by_mail_port=$IMAPS_PORT ;;
	imap*) by_mail_port=$IMAP_PORT ;;
	pop3s) by_mail_port=$POP3S_PORT ;;
	pop3*) by_mail_port=$POP3_PORT ;;
	esac
	[ -f "$tmp/$1.password" ] || (umask 077 && echo "$1pw" >"$tmp/$1.password")
	printf -- '--set\n%s\n' "mail.address=$1@$MAIL_DOMAIN" "mail.receive=$by_mail_scheme://$1@localhost:$by_mail_port" \
		"mail.send=smtp+starttls://$1@localhost:$SMTP_PORT" "mail.password_file=$tmp/$1.password" \
		"mail.ca_file=$MAIL_CA_FILE"
}

# mail_offer M S [OPTION...], mail_accept M S [OPTION...]: the halves of a pairing by mail; the people are
# called like the sites.
mail_offer() {
	mail_m=$1 mail_s=$2
	shift 2
	at "$mail_m" link new "$mail_s" --channel mail $(by_mail "$mail_m") --out "$tmp/$mail_m-$mail_s.handshake" "$@" >/dev/null
}

mail_accept() {
	mail_m=$1 mail_s=$2
	shift 2
	at "$mail_s" link join "$tmp/$mail_m-$mail_s.handshake" --as "$mail_m" --yes $(by_mail "$mail_s") "$@" >/dev/null
}

mail_pair() {
	mail_pair_m=$1 mail_pair_s=$2
	shift 2
	mail_offer "$mail_pair_m" "$mail_pair_s" "$@" && mail_accept "$mail_pair_m" "$mail_pair_s" "$@" &&
		mail_settle "$mail_pair_m" "$mail_pair_s"
}

# Until Exim has handed on all it took.
delivered() {
	for delivered_i in $(seq 300); do
		[ -n "$(mail_do queue)" ] || return 0
		sleep 0.1
	done
	mail_do queue
	return 1
}

mail_round() {
	sync_at "$1" "$2" && delivered && sync_at "$2" "$1" && delivered
}

# Rounds until both sides wait for nothing, as settle() does for folders.
mail_settle() {
	for mail_settle_i in $(seq 12); do
		mail_round "$1" "$2" || return 1
		calm "$1" "$2" >/dev/null && calm "$2" "$1" >/dev/null && return 0
	done
	calm "$1" "$2"
	calm "$2" "$1"
	return 1
}

# One more round makes no mail and no number.
mail_silent() {
	mail_silent_before=$(numbers "$1" "$2")
	mail_round "$1" "$2" && mail_round "$1" "$2" || return 1
	[ "$mail_silent_before" = "$(numbers "$1" "$2")" ] && [ "$(ours "$1")" -eq 0 ] && [ "$(ours "$2")" -eq 0 ]
}

# ours USER: how many mails of links are in the mailbox.
ours() {
	grep -rlE '^Subject: handsel ' --exclude='dovecot*' "$(maildir "$1")" 2>/dev/null | wc -l
}
