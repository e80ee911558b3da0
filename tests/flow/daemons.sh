# daemons - sites that run by themselves; source it after lib.sh, says.sh and kit.sh
#
# wired A B               what A sends arrives at B, and the other way round, without a carrier
# start SITE [OPTION...]  handsel run in the background; its output is $tmp/SITE.log, its number $tmp/SITE.pid
# stop SITE               SIGTERM; succeeds if it ends well
# killed SITE             kill -9
# eventually COMMAND...   until it succeeds, 20 seconds at most
# workers SITE            the process numbers of its workers
# passes SITE             how many passes it made (with start -v)
# rest A B                no pass of either for some seconds
# all_stopped             whatever was started is killed at the end of the test

wired() {
	rm -rf "$(receive_of "$1" "$2")" "$(receive_of "$2" "$1")"
	ln -s "$(send_of "$1" "$2")" "$(receive_of "$2" "$1")" && ln -s "$(send_of "$2" "$1")" "$(receive_of "$1" "$2")"
}

start() {
	start_site=$1
	shift
	rm -f "$tmp/$start_site.status"
	# Whoever waits for it need not be who started it.
	(
		"$HANDSEL" --home "$tmp/$start_site" -v run "$@" >>"$tmp/$start_site.log" 2>>"$tmp/$start_site.err" &
		echo $! >"$tmp/$start_site.pid"
		wait $!
		echo $? >"$tmp/$start_site.status"
	) >/dev/null 2>&1 &
	eventually is_up "$start_site"
}

is_up() {
	at "$1" status 2>/dev/null | grep -q "(pid $(pid_of "$1"))"
}

is_over() {
	[ -s "$tmp/$1.status" ] && [ "$(cat "$tmp/$1.status")" -eq "$2" ]
}

pid_of() {
	cat "$tmp/$1.pid"
}

stop() {
	kill -TERM "$(pid_of "$1")" && eventually is_over "$1" 0
}

killed() {
	kill -KILL "$(pid_of "$1")" && eventually is_over "$1" 137
}

all_stopped() {
	for all_stopped_pid in "$tmp"/*.pid; do
		kill -KILL "$(cat "$all_stopped_pid")" 2>/dev/null
	done
	wait
}

eventually() {
	for eventually_i in $(seq 200); do
		"$@" >"$tmp/eventually.txt" 2>&1 && return 0
		sleep 0.1
	done
	cat "$tmp/eventually.txt"
	return 1
}

workers() {
	workers_pid=$(pid_of "$1")
	tr ' ' '\n' <"/proc/$workers_pid/task/$workers_pid/children" | sed '/^$/d'
}

passes() {
	grep -c '  pass  ' "$tmp/$1.log"
}

rest() {
	rest_before=$(passes "$1") rest_other=$(passes "$2")
	sleep 3
	[ "$(passes "$1")" -eq "$rest_before" ] && [ "$(passes "$2")" -eq "$rest_other" ] && return 0
	tail -n 20 "$tmp/$1.log" "$tmp/$2.log"
	return 1
}
