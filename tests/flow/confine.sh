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
at anna link set bert alert.command=

# ---- files ----

send=$(send_of anna bert)

# A pass of Anna's that stands still when it is confined, meanwhile the command, then all the rest.
while_confined() {
	HANDSEL_TEST_FAULT=db-open:1:stop "$HANDSEL" --home "$tmp/anna" -q sync bert >sync.txt 2>&1 &
	confined_pid=$!
	eventually stands_still $confined_pid && "$@"
	kill -CONT $confined_pid
	wait $confined_pid
}

stands_still() {
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

# SEND becomes a symbolic link to the directory.
lead_to() {
	mkdir -p "$1" && rm -rf "$send" && ln -s "$1" "$send"
}

has_envelope() {
	ls "$1"/*.zip.gpg
}

at anna check bert --json >check.txt
if grep -q 'Landlock' check.txt; then
	fenced=no
fi

by_landlock() {
	if [ "$fenced" = no ]; then
		skip "$1" "the kernel has no Landlock"
	else
		check "$@"
	fi
}

confinement() {
	jq -r 'select(.what == "confinement") | "\(.ok) \(.text)"' check.txt | grep -x "$1"
}

if [ "$filters" = no ] || [ "$fenced" = no ]; then
	check "check tells what this kernel lacks, and that is no fault" confinement 'true .* does not offer .*'
else
	check "check tells that all is confined" confinement 'true memory, rights, calls, and files .*'
fi
at anna check bert --set run.confine=no --json >check.txt
check "or that nothing is" confinement 'true none: .*'
at anna check bert --set alert.command=true --json >check.txt
check "or what is, with a command to start" confinement 'true memory only: .*'

at anna desk new title=Fourth >/dev/null
while_confined lead_to "$tmp/outside"
by_landlock "what is swapped in below a confined pass stays untouched" sh -c '! ls outside/*'
by_landlock "which says so" grep -q 'Permission denied' sync.txt
sync_at anna bert
check "the next pass reaches it" has_envelope outside
at anna desk new title=Fifth >/dev/null
at anna link set bert run.confine=no
while_confined lead_to "$tmp/beyond"
check "one that is spared reaches what is swapped in" has_envelope beyond
at anna link set bert run.confine=

mkdir moved && mv anna/desk-files anna/links/bert/archive moved/ && ln -s "$tmp/moved/desk-files" anna/ &&
	ln -s "$tmp/moved/archive" anna/links/bert/ || exit 99
echo text >file.txt
at anna desk attach "$(at anna desk new title=Sixth --json | jq -r .id)" file.txt >/dev/null
check "what was moved away, with a symbolic link to it, is in reach" at anna -q sync bert

# Small envelopes that wait together are opened by one gpg, into files; where it could not make those,
# each would be opened once more by one of its own.
mkdir bin
printf '#!/bin/sh\necho "$*" >>"$GNUPGHOME/asked"\nexec %s "$@"\n' "$(command -v gpg)" >bin/gpg
chmod +x bin/gpg
for title in Red Green Blue; do
	at bert desk new title=$title >/dev/null
	at bert -q sync anna >/dev/null
done
rm -f anna/links/bert/keys/asked
(PATH=$tmp/bin:$PATH && at anna -q sync bert)
check "many envelopes are opened at once" grep -q decrypt-files anna/links/bert/keys/asked
check "and not each once more" sh -c '! grep -E -e "--decrypt( |\$)" anna/links/bert/keys/asked'

# ---- a channel's directory that becomes another one ----

one_worker() {
	[ "$(workers anna | wc -l)" -eq 1 ]
}

lead_to "$tmp/first"
start anna
at anna desk new title=Seventh >/dev/null
check "a worker sends" eventually has_envelope first
check "and stays" eventually one_worker
before=$(workers anna)
lead_to "$tmp/second"
at anna desk new title=Eighth >/dev/null
check "another directory is reached as well" eventually has_envelope second
by_landlock "by another worker" sh -c 'test "$1" != "$2"' - "$before" "$(workers anna)"
rm "$send"
at anna desk new title=Ninth >/dev/null
check "one that is gone is told" eventually grep -q 'bert  away' anna.log
lead_to "$tmp/third"
check "when there is one again it is reached" eventually has_envelope third
check "and nothing of that is a failure" sh -c '! grep -E "failed|died|retry" anna.log'
stop anna

# ---- a file system that is mounted while a worker lives ----

# What runs in a name space of its own, in which file systems can be mounted.
unshare -m sleep 1000 2>/dev/null &
holder=$!
echo $holder >holder.pid
apart() {
	nsenter --mount="/proc/$holder/ns/mnt" "$@"
}

mounts() {
	apart mount -t tmpfs none "$send" && at anna desk new title="$1" >/dev/null && eventually apart sh -c 'ls "$1"/*.zip.gpg' - "$send"
}

rm "$send" && mkdir "$send"
if sleep 0.5 && apart mount -t tmpfs none "$send" 2>/dev/null && apart umount "$send"; then
	printf '#!/bin/sh\nexec nsenter --mount=/proc/%s/ns/mnt "%s" "$@"\n' $holder "$HANDSEL" >apart
	chmod +x apart
	(HANDSEL=$tmp/apart && start anna)
	at anna desk new title=Tenth >/dev/null
	check "a worker sends again" eventually has_envelope "$send"
	check "what is mounted there is reached" mounts Eleventh
	check "it can be unmounted while a worker lives" eventually apart umount "$send"
	check "what is mounted there again is, too" mounts Twelfth
	check "and nothing of that is a failure, either" sh -c '! grep -E "failed|died|retry" anna.log'
	stop anna
else
	skip "what is mounted while a worker lives is reached" "nothing can be mounted"
fi

# ---- several links ----

# Each pass stands still in turn: meanwhile COMMAND with its process, then the next.
both_stand_still() {
	HANDSEL_TEST_FAULT=db-open:1:stop "$HANDSEL" --home "$tmp/anna" -q sync >sync.txt 2>&1 &
	both_pid=$!
	for both_command in "$@"; do
		eventually child_stands_still $both_pid && $both_command "$child" || kill -KILL $both_pid "$child"
		kill -CONT "$child" 2>/dev/null
		eventually sh -c '! kill -0 "$1" 2>/dev/null' - "$child"
	done
	wait $both_pid
}

# $child is the one process that PID has started.
child_stands_still() {
	child=$(tr -d ' ' <"/proc/$1/task/$1/children") && [ -n "$child" ] && stands_still "$child"
}

leads_carl_away() {
	mkdir -p elsewhere && rm -rf "$(send_of anna carl)" && ln -s "$tmp/elsewhere" "$(send_of anna carl)"
}

killed() {
	kill -KILL "$1"
}

site carl && pair anna carl --scope all && settle anna carl || exit 99
at anna desk new title=Both >/dev/null
check "a pass over two links" both_stand_still leads_carl_away true
check "looks at the second one's directories when its turn has come" has_envelope elsewhere
at anna desk new title=Each >/dev/null
check "one that is killed is a failure" ends 1 both_stand_still killed true
check "which is told" grep -q 'link bert: the pass was ended by signal 9 ' sync.txt
check "the other link goes on" sh -c 'test "$(ls elsewhere/*.zip.gpg | wc -l)" -eq 2'
check "and what was ended, at the next pass" at anna -q sync
check "options are wrong for all of them, and told once" sh -c \
	'"$HANDSEL" --home anna sync --set none=1 2>wrong; test $? -eq 2 && test "$(grep -c "^handsel:" wrong)" -eq 1'

all_stopped
tap_end
