#!/bin/sh
# backup - a site that works is copied, restored, and an old copy harms nobody
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
FLOW_LEAKS=yes
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

two_sites() {
	site a b && pair a b --scope all && echo hello >note.txt && at a desk new title='Pump leaks' >/dev/null &&
		at a desk attach 1 note.txt >/dev/null && settle a b
}

# While people edit and the gateway works.
busy() {
	(
		i=0
		while [ ! -e enough ]; do
			at a desk set 1 title="edit $i" >/dev/null 2>&1
			at a -q sync b >/dev/null 2>&1
			i=$((i + 1))
		done
	) &
	busy_pid=$!
	sleep 0.3
	ends 0 at a backup busy.backup
	busy_status=$?
	touch enough
	wait $busy_pid
	return $busy_status
}

for_the_user_only() {
	[ -z "$(find busy.backup ! -type l -perm /077)" ] && [ -f busy.backup/backup.json ] && [ -z "$(ls -A | grep tmp-)" ]
}

as_it_was() {
	ends 3 at copy restore busy.backup && says 3 'stopped: restored from the backup of .* handsel --home [^ ]*/copy check b' at copy status b &&
		at copy desk show 1 | grep -q 'edit ' && says 0 . at copy desk export && ends 0 at copy spool verify b &&
		[ -z "$(find copy ! -type l -perm /077)" ]
}

# A copy in the place of its original; ORIGINAL is kept aside.
replaced_by() {
	rm -rf a.before && mv a a.before && ends 3 at a restore "$1"
}

moved() {
	settle a b && at a backup quiet.backup && replaced_by quiet.backup && ends 3 at a sync b &&
		[ "$(lies_in "$(send_of a b)")" -eq 0 ] && at a link resume b && at a desk set 1 title='from the new machine' &&
		settle a b && same_desks a b && calm a b && calm b a
}

check 'two sites have something' two_sites
check 'a site that works is copied' busy
check 'the copy is for its user alone, and whole' for_the_user_only
check 'it is not written over' says 2 'exists already' at a backup busy.backup
check 'nor made in the site itself' says 2 'in the site itself' at a backup a/backup
check 'it makes a site as it was, which waits' as_it_was
check 'a quiet site moves and goes on' moved

# What was sent and what came since the backup is unknown to the copy.
old_copy() {
	at a backup old.backup && at a desk set 1 title='sent since' && settle a b && at b desk new title='came since' >/dev/null &&
		settle a b && same_desks a b && desk_of b >b.before && replaced_by old.backup && at a link resume b &&
		at a desk set 1 title='an edit of the old copy' &&
		at a desk new title='made by the old copy' >/dev/null
}

notices() {
	for notices_i in 1 2 3; do
		settle_round a b || return 1
		at_time $((notices_i * 100000)) a -q sync b
		carry a b
		at_time $((notices_i * 100000)) b -q sync a
		carry b a
	done
	at a --json status b | jq -e '.state == "stopped"' || at b --json status a | jq -e '.state == "stopped"'
}

nothing_spread() {
	desk_of b | diff b.before -
}

check 'an old copy is restored, and edited' old_copy
check 'the link stops by itself' notices
check 'nothing of it has reached the partner' nothing_spread

damaged() {
	rm -rf bad.backup && cp -r old.backup bad.backup && echo x >>bad.backup/site/handsel.conf &&
		says 1 'is damaged' at fresh restore bad.backup && [ ! -e fresh ] && [ -z "$(ls | grep tmp-)" ]
}

leads_out() {
	jq '.files |= map(if .path == "handsel.conf" then .path = "../evil" else . end)' old.backup/backup.json >bad.backup/backup.json &&
		cp old.backup/site/handsel.conf bad.backup/evil && says 1 'is damaged' at fresh restore bad.backup && [ ! -e evil ] && [ ! -e fresh ]
}

# What bears its name is whole.
half_way() {
	HANDSEL_TEST_FAULT=any:$1:$2 "$HANDSEL" --home b backup dead.backup >/dev/null 2>&1
	[ ! -e dead.backup ] || { ends 3 at fresh restore dead.backup && rm -r fresh dead.backup; } || return 1
	HANDSEL_TEST_FAULT=any:$1:$2 "$HANDSEL" --home fresh restore old.backup >/dev/null 2>&1
	[ ! -e fresh ] || { ends 3 at fresh check b >/dev/null && rm -r fresh; }
}

dies() {
	half_way 1 die && half_way 5 die && half_way 15 fail && half_way 25 die && half_way 40 fail &&
		ends 0 at b backup dead.backup && ends 3 at fresh restore dead.backup
}

check 'a damaged backup is refused, and leaves nothing' damaged
check 'so is one that leads out of its directory' leads_out
check 'what dies half way leaves nothing that looks whole' dies
check 'a home that is not empty is left alone' says 2 'is not empty' at b restore old.backup
check 'what is no backup is told' says 1 'is no backup' at nowhere restore "$tmp"
check 'a place that cannot be written is told' says 1 'nowhere' at b backup "$tmp/nowhere/at/all/x"
tap_end
