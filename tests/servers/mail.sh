#!/bin/bash
# mail.sh COMMAND DIR - a mail system for tests: Exim takes in, queues and bounces, Dovecot keeps
#
#   start DIR       makes DIR if needed, starts both, prints KEY=VALUE lines; 77: not possible here
#   stop DIR        ends them; DIR stays
#   kill DIR        the same by SIGKILL, as when the power goes
#   restart DIR     stop and start with the same ports, mails and settings
#   cert DIR KIND   restart with another certificate: good, expired, host (one of another host's)
#                   or unknown (of an authority that nobody knows)
#   env DIR         the KEY=VALUE lines again
#   queue DIR       what Exim still has; flush DIR: tries all of it now
#
# Both listen on 127.0.0.1 only and write in DIR only.  Neither needs root.  Started by root, they
# run as MAIL_RUN_AS (nobody): in a user namespace, where it stands for the caller, so that DIR stays
# the caller's; where namespaces are forbidden really, and DIR is given to it.
#
# From the environment, at start:
#   MAIL_USERS="anna:annapw bert:bertpw" MAIL_DOMAIN=example.com MAIL_SIZE_LIMIT=50M
#   MAIL_MOST=1000          mails that one connection may bring
#   MAIL_HIDE="IDLE MOVE"   capabilities that IMAP does not tell of
#   MAIL_OWNER=PID          they end within seconds after that process, however it ends
#   SMTP_PORT SMTPS_PORT IMAP_PORT IMAPS_PORT POP3_PORT POP3S_PORT (free ones)
#
# A file in DIR/fault is a fault; it lists the people it concerns, "*" for all, each with a colon:
#   rcpt-defer rcpt-reject  at RCPT, for now and for good
#   quota quota-reject      at RCPT: mailbox full, 452 and 552
#   quota-bounce            taken, then sent back: mailbox full
# and these concern everybody: auth-fail (SMTP), data-defer, data-reject, hold (taken, and queued
# until the file is gone and flush is called).  Mails to "bounce" are taken and sent back.
set -u
PATH=$PATH:/usr/sbin:/sbin

die() {
	echo "mail.sh: $*" >&2
	exit 1
}

cannot() {
	echo "$*" >&2
	exit 77
}

# ---- processes ----

# Is process $1 alive and started for DIR?
ours() {
	[ -n "$1" ] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$dir/"
}

# kill_group PID: with all it started.
kill_group() {
	kill -KILL -- "-$1" 2>/dev/null || kill -KILL "$1" 2>/dev/null
}

# end_one PIDFILE [KILL]: TERM; KILL, if that is asked for or it takes 5 seconds.
end_one() {
	local pid i

	pid=$(cat "$1" 2>/dev/null)
	rm -f "$1"
	ours "$pid" || return 0
	if [ $# -eq 1 ]; then
		kill "$pid" 2>/dev/null
		for i in $(seq 100); do
			ours "$pid" || break
			sleep 0.05
		done
	fi
	kill_group "$pid"
	for i in $(seq 100); do
		ours "$pid" || return 0
		sleep 0.05
	done
	die "process $pid does not end"
}

stop() {
	end_one "$dir/run/guard.pid" KILL
	end_one "$dir/run/exim.pid" "$@"
	end_one "$dir/run/master.pid" "$@"
}

# When process $1 was started; nothing if it is over.
birth() {
	sed -n 's/.*) //p' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

# Ends both when the owner or DIR is no more.  A process of its own: who kills the owner's group or
# removes DIR does not reach it.
guard() {
	local born exim_pid=$2 dovecot_pid=$3 pid

	born=$(birth "$1")
	while [ -n "$born" ] && [ "$(birth "$1")" = "$born" ] && [ -d "$dir" ]; do
		ours "$exim_pid" || ours "$dovecot_pid" || return 0
		sleep 1
	done
	for pid in "$exim_pid" "$dovecot_pid"; do
		! ours "$pid" || kill_group "$pid"
	done
}

start_guard() {
	[ -n "$MAIL_OWNER" ] || return 0
	setsid "$0" guard "$dir/" "$MAIL_OWNER" "$(cat "$dir/run/exim.pid")" \
		"$(cat "$dir/run/master.pid")" </dev/null >/dev/null 2>&1 &
	echo $! >"$dir/run/guard.pid"
}

# Neither runs mail as uid 0.
choose_user() {
	change_owner=
	run_user=$(id -un 2>/dev/null) && run_group=$(id -gn 2>/dev/null) || cannot "uid $(id -u) has no name"
	if [ "$(id -u)" != 0 ]; then
		as() { "$@"; }
		return
	fi
	run_user=${MAIL_RUN_AS:-nobody}
	run_group=$(id -gn "$run_user") || cannot "there is no user $run_user"
	run_uid=$(id -u "$run_user") run_gid=$(id -g "$run_user")
	if unshare --map-user="$run_uid" --map-group="$run_gid" true 2>/dev/null; then
		as() { unshare --map-user="$run_uid" --map-group="$run_gid" -- "$@"; }
	else
		change_owner=yes
		as() { setpriv --reuid="$run_user" --regid="$run_group" --clear-groups -- "$@"; }
	fi
}

do_exim() {
	as env -i PATH="$PATH" "$exim" -C "$dir/exim.conf" "$@"
}

# ---- ports ----

ports="SMTP SMTPS IMAP IMAPS POP3 POP3S"

choose_ports() {
	local name taken=" " var

	for name in $ports; do
		var=${name}_PORT
		while [ -z "${!var:-}" ]; do
			printf -v "$var" %s $((20000 + RANDOM % 12000))
			case $taken in *" ${!var} "*) printf -v "$var" '' ;; esac
			! (exec 3<>"/dev/tcp/127.0.0.1/${!var}") 2>/dev/null || printf -v "$var" ''
		done
		taken="$taken${!var} "
	done
}

# Does who listens on port $1 greet with $2?
greets() {
	local line

	{ IFS= read -r -t 2 line <&3; } 3<>"/dev/tcp/127.0.0.1/$1" 2>/dev/null || return 1
	[[ $line == "$2"* ]]
}

# ---- certificates ----

new_key() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@" 2>>"$dir/log/openssl.log" ||
		die "openssl failed, see $dir/log/openssl.log"
}

# make_cert KIND AUTHORITY NAMES DAYS
make_cert() {
	[ ! -s "$tls/$1.pem" ] || return 0
	[ -s "$tls/$2.pem" ] ||
		new_key -x509 -days 30 -subj "/CN=$2" -keyout "$tls/$2.key" -out "$tls/$2.pem"
	new_key -subj "/CN=${3%%,*}" -keyout "$tls/$1.key" -out "$tls/$1.csr"
	openssl x509 -req -in "$tls/$1.csr" -CA "$tls/$2.pem" -CAkey "$tls/$2.key" -CAcreateserial \
		-days "$4" -extfile <(echo "subjectAltName=$3") -out "$tls/$1.pem" 2>>"$dir/log/openssl.log" ||
		die "openssl failed, see $dir/log/openssl.log"
}

make_certs() {
	local here="DNS:localhost,DNS:mail.$domain,IP:127.0.0.1"

	make_cert good authority "$here" 29
	make_cert expired authority "$here" -1
	make_cert host authority "DNS:elsewhere.$domain" 29
	make_cert unknown stranger "$here" 29
	[ -s "$tls/cert.pem" ] || use_cert good
}

use_cert() {
	[ -s "$tls/$1.pem" ] && [ -s "$tls/$1.csr" ] || die "no such certificate: $1"
	cp "$tls/$1.key" "$tls/key.pem" && cp "$tls/$1.pem" "$tls/cert.pem"
}

# ---- configuration ----

make_people() {
	local person

	: >"$dir/passwd" && : >"$dir/exim.users"
	for person in $MAIL_USERS; do
		echo "${person%%:*}:{PLAIN}${person#*:}" >>"$dir/passwd"
		echo "${person%%:*}: ${person#*:}" >>"$dir/exim.users"
		mkdir -p "$dir/mail/${person%%:*}/Maildir"/{cur,new,tmp}
	done
	chmod 600 "$dir/passwd" "$dir/exim.users"
}

# Without MAIL_HIDE Dovecot says itself what it can do.
capability() {
	local word

	[ -n "$MAIL_HIDE" ] || return 0
	printf 'imap_capability ='
	for word in IMAP4rev1 SASL-IR LITERAL+ ENABLE ID IDLE NAMESPACE CHILDREN UNSELECT UIDPLUS MOVE \
		SPECIAL-USE CONDSTORE QRESYNC ESEARCH; do
		case " $MAIL_HIDE " in *" $word "*) ;; *) printf ' %s' "$word" ;; esac
	done
	echo
}

dovecot_conf() {
	cat <<EOF
protocols = imap pop3 lmtp
listen = 127.0.0.1
base_dir = $dir/run
state_dir = $dir/run
hostname = mail.$domain
log_path = $dir/log/dovecot.log
default_internal_user = $run_user
default_internal_group = $run_group
default_login_user = $run_user
first_valid_uid = 1
disable_plaintext_auth = no
auth_username_format = %Ln
auth_failure_delay = 0
auth_mechanisms = plain login
ssl = yes
ssl_cert = <$tls/cert.pem
ssl_key = <$tls/key.pem
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
mail_fsync = never
recipient_delimiter = +
$(capability)
passdb {
  driver = passwd-file
  args = username_format=%Ln $dir/passwd
}
userdb {
  driver = static
  args = uid=$run_user gid=$run_group home=$dir/mail/%Ln
}
namespace inbox {
  inbox = yes
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $IMAP_PORT
  }
  inet_listener imaps {
    port = $IMAPS_PORT
    ssl = yes
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = $POP3_PORT
  }
  inet_listener pop3s {
    port = $POP3S_PORT
    ssl = yes
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0600
  }
}
EOF
}

# A condition of Exim's: is there fault $1, and for this recipient?
concerned() {
	echo "\${if exists{$dir/fault/$1}{\${lookup{\${extract{1}{+}{\$local_part}}}wildlsearch{$dir/fault/$1}{yes}{no}}}{no}}"
}

present() {
	echo "\${if exists{$dir/fault/$1}}"
}

exim_conf() {
	cat <<EOF
exim_user = $run_user
exim_group = $run_group
admin_groups = $run_group
trusted_users = $run_user
never_users =
deliver_drop_privilege = true
spool_directory = $dir/spool
log_file_path = $dir/log/exim-%slog
pid_file_path = $dir/run/exim.pid
primary_hostname = mail.$domain
domainlist local_domains = $domain
local_interfaces = 127.0.0.1
daemon_smtp_ports = $SMTP_PORT : $SMTPS_PORT
tls_on_connect_ports = $SMTPS_PORT
tls_advertise_hosts = *
tls_certificate = $tls/cert.pem
tls_privatekey = $tls/key.pem
smtp_accept_max_per_connection = ${MAIL_MOST:-1000}
message_size_limit = $MAIL_SIZE_LIMIT
smtp_accept_max = 50
smtp_accept_queue = 0
smtp_accept_queue_per_connection = 0
check_spool_space = 0
keep_environment =
host_lookup =
smtp_enforce_sync = false
rfc1413_query_timeout = 0s
bounce_return_body = true
acl_smtp_auth = acl_auth
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data

begin acl
acl_auth:
  deny    message = 535 authentication failure injected
          condition = $(present auth-fail)
  accept
acl_rcpt:
  defer   message = temporary failure injected
          condition = $(concerned rcpt-defer)
  deny    message = permanent failure injected
          condition = $(concerned rcpt-reject)
  defer   message = 452 4.2.2 mailbox full
          condition = $(concerned quota)
  deny    message = 552 5.2.2 mailbox full
          condition = $(concerned quota-reject)
  deny    message = authentication required
          !authenticated = *
  deny    message = relay not permitted
          !domains = +local_domains
  deny    message = unknown mailbox
          !verify = recipient
  accept
acl_data:
  defer   message = temporary failure injected
          condition = $(present data-defer)
  deny    message = permanent failure injected
          condition = $(present data-reject)
  warn    condition = $(present hold)
          control = queue_only
  accept

begin routers
bounce:
  driver = redirect
  domains = +local_domains
  local_parts = bounce
  no_verify_recipient
  allow_fail
  data = :fail: this mailbox always bounces
bounce_ok:
  driver = accept
  domains = +local_domains
  local_parts = bounce
  verify_only
  transport = dovecot
full:
  driver = redirect
  domains = +local_domains
  no_verify_recipient
  condition = $(concerned quota-bounce)
  allow_fail
  data = :fail: 552 5.2.2 mailbox full
mailbox:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;$dir/exim.users
  local_part_suffix = +*
  local_part_suffix_optional
  transport = dovecot

begin transports
dovecot:
  driver = lmtp
  socket = $dir/run/lmtp
  batch_max = 50
  envelope_to_add
  delivery_date_add
  return_path_add

begin retry
*  *  F,1h,10s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{\$auth3}{\${lookup{\${extract{1}{@}{\$auth2}}}lsearch{$dir/exim.users}{\$value}fail}}}
  server_set_id = \$auth2
  server_advertise_condition = \${if def:tls_in_cipher}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if eq{\$auth2}{\${lookup{\${extract{1}{@}{\$auth1}}}lsearch{$dir/exim.users}{\$value}fail}}}
  server_set_id = \$auth1
  server_advertise_condition = \${if def:tls_in_cipher}
EOF
}

write_env() {
	local name var person n=0

	echo "MAIL_HOST=127.0.0.1"
	echo "MAIL_DOMAIN=$domain"
	for name in $ports; do
		var=${name}_PORT
		echo "$var=${!var}"
	done
	echo "MAIL_CA_FILE=$tls/authority.pem"
	for person in $MAIL_USERS; do
		n=$((n + 1))
		echo "MAIL_USER$n=${person%%:*}"
		echo "MAIL_PASS$n=${person#*:}"
		echo "MAIL_ADDR$n=${person%%:*}@$domain"
	done
	echo "MAIL_HIDE='$MAIL_HIDE'"
	echo "MAIL_SIZE_LIMIT=$MAIL_SIZE_LIMIT"
	echo "MAIL_OWNER=$MAIL_OWNER"
}

# What the first start chose.
read_env() {
	local key value

	[ -f "$dir/env" ] || die "never started in $dir"
	MAIL_USERS=
	while IFS='=' read -r key value; do
		case $key in
		MAIL_USER[0-9]*) MAIL_USERS="$MAIL_USERS $value" ;;
		MAIL_PASS[0-9]*) MAIL_USERS="$MAIL_USERS:$value" ;;
		MAIL_HIDE) MAIL_HIDE=${value//\'/} ;;
		*_PORT | MAIL_DOMAIN | MAIL_SIZE_LIMIT | MAIL_OWNER) printf -v "$key" %s "$value" ;;
		esac
	done <"$dir/env"
}

# ---- commands ----

what_is_missing() {
	local program

	for program in dovecot openssl setsid; do
		command -v $program >/dev/null || cannot "$program is not installed"
	done
	[ -n "$exim" ] || cannot "exim4 is not installed"
	for program in imap pop3 lmtp; do
		[ -x /usr/lib/dovecot/$program ] || cannot "dovecot-${program}d is not installed"
	done
	# A socket's path has at most 107 bytes.
	[ ${#dir} -le 80 ] || cannot "path too long for sockets (${#dir} > 80): $dir"
}

up() {
	greets "$IMAP_PORT" '* OK' && greets "$POP3_PORT" '+OK' && greets "$SMTP_PORT" '220 ' &&
		[ -s "$dir/run/exim.pid" ] && [ -s "$dir/run/master.pid" ]
}

start() {
	local i

	what_is_missing
	domain=${MAIL_DOMAIN:-example.com}
	: "${MAIL_USERS:=anna:annapw bert:bertpw}" "${MAIL_SIZE_LIMIT:=50M}" "${MAIL_HIDE:=}" "${MAIL_OWNER:=}"
	mkdir -p "$dir"/{run,log,spool,fault,tls,mail} || die "cannot write in $dir"
	! ours "$(cat "$dir/run/master.pid" 2>/dev/null)" || die "already running in $dir"
	choose_ports
	make_people
	make_certs
	dovecot_conf >"$dir/dovecot.conf"
	exim_conf >"$dir/exim.conf"
	write_env >"$dir/env"
	[ -z "$change_owner" ] || chown -R "$run_user:$run_group" "$dir"
	as test -w "$dir" || cannot "user $run_user cannot reach $dir"
	as dovecot -c "$dir/dovecot.conf" 2>"$dir/log/dovecot.err" || die "$(cat "$dir/log/dovecot.err")"
	do_exim -bd -q10s || { stop; die "exim does not start, see $dir/log"; }
	for i in $(seq 100); do
		if up; then
			start_guard
			cat "$dir/env"
			return
		fi
		sleep 0.1
	done
	stop
	die "the servers do not answer, see $dir/log"
}

cmd=${1:-} dir=${2:-}
[ -n "$dir" ] || die "usage: mail.sh start|stop|kill|restart|cert|env|queue|flush DIR"
[ "$cmd" != start ] || mkdir -p "$dir" || die "cannot make $dir"
# The guard outlives DIR.
[ "$cmd" = guard ] || dir=$(cd "$dir" 2>/dev/null && pwd -P) || die "there is no $2"
dir=${dir%/} tls=${dir%/}/tls
exim=$(command -v exim4 || command -v exim)
choose_user

case $cmd in
start) start ;;
stop) stop ;;
kill) stop KILL ;;
guard) guard "${@:3}" ;;
restart) read_env && stop && start ;;
cert) read_env && use_cert "${3:-}" && stop && start ;;
env) cat "$dir/env" ;;
queue) do_exim -bp ;;
flush) do_exim -qff ;;
*) die "unknown command $cmd" ;;
esac
