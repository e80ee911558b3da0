#!/bin/sh
# run - two sites that run by themselves: what is edited at one appears at the other, whatever happens
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
FLOW_LEAKS=yes
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/daemons.sh"
trap 'all_stopped 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99

met || exit 99
wired anna bert || exit 99
for side in "anna bert" "bert anna"; do
	at ${side% *} link set ${side#* } folder.poll='1 s' folder.settle='3 s' || exit 99
done

# SITE UID FIELD=VALUE: is it there?
shows() {
	at "$1" desk show "$2" --json | jq -es --arg f "${3%%=*}" --arg v "${3#*=}" 'length == 1 and .[0].fields[$f] == $v'
}

makes() {
	uid_of "$1" "$(at "$1" desk new title="$2" --json | jq -r .id)"
}

one_word() {
	[ "$(eval "$1")" = "$2" ] || { eval "$1"; return 1; }
}

# ---- both ways, by themselves ----

check "status tells that nothing runs" says 0 '^site anna  /.*  not running  ' at anna status
check "Anna's gateway starts" start anna --set run.linger=2s
check "and Bert's" start bert
check "status tells since when, and which process" says 0 "  running since [0-9]+:[0-9]+ \(pid $(pid_of anna)\)  " at anna status
check "programs are told the process, too" one_word 'at anna status --json | jq -r .gateway' "$(pid_of anna)"
uid=$(makes anna 'From Anna')
check "what Anna makes appears at Bert's" eventually shows bert "$uid" 'title=From Anna'
at bert desk set "$uid" title='From Bert' >/dev/null
check "what Bert edits appears at Anna's" eventually shows anna "$uid" 'title=From Bert'
check "nobody waits for anything" eventually calm anna bert
check "Bert neither" eventually calm bert anna
check "a second one is refused in one line" says 1 "^handsel: handsel run works on this site already \(pid $(pid_of anna)\)" at anna run
check "and in no other" one_word "at anna run 2>&1 | grep -c '^handsel:'" 1

# ---- rest ----

sleep 3
check "both gateways come to rest" rest anna bert
check "Anna's worker has ended" one_word 'workers anna | wc -l' 0
check "Bert's lingers" one_word 'workers bert | wc -l' 1

# ---- commands meanwhile ----

check "sync works meanwhile, though Bert's worker has the link" at bert -q sync anna
check "so does link set" at bert link set anna sync.batch=500
check "and it counts at once" eventually sh -c 'tail -n 3 bert.log | grep -q "anna  pass"'
check "check works, too" at bert check anna
check "and hold retry" at bert hold retry anna
check "a wrong setting is refused before" says 2 'no.such' at bert run --set no.such=1
uid=$(makes bert 'After the commands')
check "and all goes on" eventually shows anna "$uid" 'title=After the commands'

# ---- pause, wake ----

at bert link pause anna >/dev/null
check "a paused link sleeps" eventually grep -q 'anna  sleeps' bert.log
uid=$(makes anna 'While paused')
check "what comes for it waits" sh -c 'sleep 1; ! "$HANDSEL" --home bert desk show "$1"' - "$uid"
check "without a process" eventually one_word 'workers bert | wc -l' 0
at bert link resume anna >/dev/null
check "resumed, it takes it" eventually shows bert "$uid" 'title=While paused'
before=$(passes anna)
touch anna/links/bert/wake
check "who touches wake gets a pass" eventually sh -c '[ "$(grep -c "  pass  " anna.log)" -gt "$1" ]' - "$before"

# ---- links come and go ----

site carl && start carl || exit 99
offer anna carl --scope all --set folder.poll='1 s' || exit 99
at carl link join "$tmp/anna-carl.handshake" --as anna --scope all --yes --set folder.poll='1 s' >/dev/null || exit 99
wired anna carl || exit 99
check "links made meanwhile are paired" eventually calm carl anna
check "and get what there is" eventually shows carl "$uid" 'title=While paused'
at anna link remove carl --force >/dev/null 2>&1
check "a link removed is let go" eventually sh -c '! ls anna/links/carl'
uid=$(makes anna 'Without Carl')
check "the other one goes on" eventually shows bert "$uid" 'title=Without Carl'
check "Carl stops" stop carl

# ---- places that vanish, and files that grow ----

receive=$(receive_of bert anna)
rm "$receive"
check "a RECEIVE that is gone is told" eventually grep -q 'anna  away  .* is gone' bert.log
uid=$(makes anna 'Across a gap')
sleep 1
ln -s "$(send_of anna bert)" "$receive"
check "when it is back all goes on" eventually shows bert "$uid" 'title=Across a gap'
check "and that is told" eventually grep -q 'anna  back' bert.log

rm "$receive" && mkdir "$receive"
uid=$(makes anna 'Slowly')
eventually sh -c 'ls "$1"/*-m*.zip.gpg' - "$(send_of anna bert)" >/dev/null
for file in "$(send_of anna bert)"/*-m*.zip.gpg; do
	name=$(basename "$file")
	head -c 100 "$file" >"$receive/$name"
	sleep 1
	tail -c +101 "$file" >>"$receive/$name"
done
check "a file that grows is taken when it is whole" eventually shows bert "$uid" 'title=Slowly'
check "and not quarantined" one_word 'at bert spool list anna --json | jq -r .where | grep -c quarantine' 0
rm -rf "$receive" && ln -s "$(send_of anna bert)" "$receive"
check "both sides come to rest" eventually calm anna bert

at anna link set bert folder.reserve='1000 TiB' || exit 99
check "a disk without room is told" eventually grep -q 'bert  away  .*nearly full' anna.log
uid=$(makes anna 'Without room')
check "and not made fuller" sh -c 'sleep 1; [ "$("$HANDSEL" --home anna status bert --json | jq .queued)" -eq 1 ]'
at anna link set bert folder.reserve= || exit 99
check "with room it goes" eventually shows bert "$uid" 'title=Without room'

# ---- death ----

at bert link set anna sync.batch=1000
uid=$(makes bert 'Before death')
eventually shows anna "$uid" 'title=Before death' >/dev/null
victim=$(workers bert)
kill -KILL $victim
check "that a worker died is told" eventually grep -q 'anna  died  its process was killed by signal 9' bert.log
uid=$(makes anna 'After death')
check "another one takes its place" eventually shows bert "$uid" 'title=After death'
check "of the dead one no helper is left" eventually sh -c '[ "$(ps -o comm= --ppid "$1" | wc -l)" -eq 0 ]' - "$victim"
orphans=$(workers bert)
check "the supervisor is killed" killed bert
check "its worker goes with it" eventually sh -c '! kill -0 "$1"' - "$orphans"
check "status knows it" says 0 '  not running  ' at bert status
uid=$(makes anna 'While nobody is there')
check "the next one starts" start bert
check "and goes on" eventually shows bert "$uid" 'title=While nobody is there'

# ---- reload, and the end ----

kill -HUP "$(pid_of bert)"
check "SIGHUP reads the settings again" eventually grep -q '  reloaded' bert.log
uid=$(makes bert 'After SIGHUP')
check "and all goes on after it" eventually shows anna "$uid" 'title=After SIGHUP'
check "SIGTERM ends Anna's" stop anna
check "and Bert's" stop bert
check "no process is left" idle
check "both sides are equal" same_desks anna bert
check "nothing was complained of" sh -c 'cat anna.err bert.err carl.err; ! cat anna.err bert.err carl.err | grep .'

# ---- what a service manager hears ----

if command -v python3 >/dev/null; then
	cat >listen.py <<'PY'
import os, signal, socket, subprocess, sys, time
name, args = sys.argv[1], sys.argv[2:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + name[1:] if name[0] == "@" else name)
s.settimeout(20)
p = subprocess.Popen(args, stdout=subprocess.DEVNULL, env=dict(os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC="400000"))
heard = []
def until(word):
    while True:
        heard.append(s.recv(1000).decode().split("\n")[0])
        if heard[-1] == word:
            return
until("READY=1"); until("WATCHDOG=1"); until("WATCHDOG=1")
p.send_signal(signal.SIGHUP)
until("RELOADING=1"); until("READY=1")
p.send_signal(signal.SIGTERM)
until("STOPPING=1")
print(" ".join(w for w in heard if w != "WATCHDOG=1"), p.wait())
PY
	check "a service manager hears all by a path" one_word "python3 listen.py '$tmp/notify' '$HANDSEL' --home '$tmp/anna' run" 'READY=1 RELOADING=1 READY=1 STOPPING=1 0'
	check "and by an abstract name" one_word "python3 listen.py '@handsel-test-$$' '$HANDSEL' --home '$tmp/anna' run" 'READY=1 RELOADING=1 READY=1 STOPPING=1 0'
else
	skip "a service manager hears all by a path" "no python3 here"
	skip "and by an abstract name" "no python3 here"
fi

site empty
check "a site without links runs, too" start empty
check "and stops" stop empty
check "no process is left in the end" idle
tap_end
