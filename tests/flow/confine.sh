#!/bin/sh
# confine - who works on links has given up what that never needs; a command that is to be started, or a setting, spares it
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/daemons.sh"
trap 'all_stopped 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99

met || exit 99
wired anna bert || exit 99
grep -q '^Seccomp:' /proc/self/status || filters=no

# LINE VALUE: each worker of Anna's has it in its status, and there is one.
workers_have() {
	has_pids=$(workers anna)
	[ -n "$has_pids" ] || return 1
	for has_pid in $has_pids; do
		grep "^$1:" "/proc/$has_pid/status" | grep -q "[[:space:]]$2\$" || return 1
	done
}

# Its core file can have no byte.
no_core() {
	for core_pid in $(workers anna); do
		grep '^Max core file size' "/proc/$core_pid/limits" | grep -q ' 0  *0 ' || return 1
	done
}

filtered() {
	if [ "$filters" = no ]; then
		skip "$1" "the kernel filters no calls"
	else
		check "$1" eventually workers_have "$2" "$3"
	fi
}

# ---- confined ----

check "Anna's gateway starts" start anna
at anna desk new title=First >/dev/null
filtered "its worker's calls are filtered" Seccomp 2
check "it gains no rights" eventually workers_have NoNewPrivs 1
check "it leaves no core file" no_core
check "it works: its envelope leaves, Bert takes it, confined as well" eventually sh -c \
	'"$HANDSEL" --home bert -q sync anna; "$HANDSEL" --home bert desk list | grep -q First'
check "the supervisor, who reads nothing of partners, keeps its rights" sh -c \
	"grep -q '^NoNewPrivs:[[:space:]]*0$' /proc/$(pid_of anna)/status"
check "it stops" stop anna

# ---- spared ----

at anna link set bert run.confine=no
check "a link can be spared" start anna
at anna desk new title=Second >/dev/null
filtered "then nothing is filtered" Seccomp 0
check "and rights can be gained" eventually workers_have NoNewPrivs 0
stop anna
at anna link set bert run.confine=
at anna link set bert alert.command=true
check "a worker that has a command to start" start anna
at anna desk new title=Third >/dev/null
check "keeps the rights that the command may need" eventually workers_have NoNewPrivs 0
check "but leaves no core file" no_core
stop anna
tap_end
