#!/bin/sh
# brake - many deletions at once wait for a yes
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

ids() {
	at anna desk list --json | jq -r 'select(.title | startswith("'"$1"'")) | .id' | sort -n
}

# delete TITLE N: Anna deletes the first N items whose titles begin so.
delete() {
	for delete_id in $(ids "$1" | head -n "$2"); do
		at anna desk delete "$delete_id" >/dev/null || return 1
	done
}

# empty TITLE N
empty() {
	for empty_id in $(ids "$1" | head -n "$2"); do
		at anna desk set "$empty_id" description= assignee= priority= >/dev/null || return 1
	done
}

pass_waits() {
	ends 3 at anna -q sync bert && carry anna bert && sync_at bert anna && carry bert anna
}

bert_has() {
	prints "$1" sh -c '"$HANDSEL" --home bert desk list --json | wc -l'
}

code() {
	at anna brake show bert --json | jq -r .code
}

waits() {
	at anna brake show bert --json >report &&
		jq -e ".deleted == $1 and .emptied == $2 and (.code | length == 6)" report >/dev/null ||
		{ cat report; return 1; }
}

none_waits() {
	at anna brake show bert --json >report && jq -e '.code == null and .waits == []' report >/dev/null ||
		{ cat report; return 1; }
}

begin() {
	met && {
		echo key,title,description,assignee,priority
		for i in $(seq 30); do echo "$i,Pump $i,It leaks,erika,high"; done
	} >pumps.csv && at anna desk import --csv pumps.csv --key key --map title=title \
		--map description=description --map assignee=assignee --map priority=priority >/dev/null &&
		at anna link set bert alert.over='0 s' "alert.command=echo \"\$HANDSEL_STATE \$HANDSEL_KIND\" >>'$tmp/told'" >/dev/null &&
		settle anna bert && keep begin
}

check "thirty items travel" begin
check "they are there" bert_has 30

# ---- what people do by hand

by_hand() {
	again begin && delete Pump 5 && settle anna bert && bert_has 25 && calm anna bert
}

check "five deletions at once are nobody's business" by_hand

# ---- a tracker that is emptied

emptied() {
	again begin && rm -f told && delete 'Pump 1' 11 && at anna desk set "$(ids 'Pump 2' | head -n 1)" title='Pump 2, red' >/dev/null &&
		pass_waits && bert_has 30
}

check "eleven deletions wait" emptied
check "what else was changed has left" sh -c '"$HANDSEL" --home bert desk list --json | grep -q "Pump 2, red"'
check "brake show tells them" waits 11 0
check "and names each" prints 11 sh -c '"$HANDSEL" --home anna brake show bert | grep -c "Pump 1.*deleted"'
check "status tells the numbers, some of them, and what shows them" \
	says 3 '^! bert  11 deletions wait for your yes, of 30 items \(at most 5 at once need none\): 1, 10, 11 \.\.\.  handsel .*brake show bert' at anna status bert
check "and the command that says yes" says 3 "restore the tracker +handsel .*brake release bert $(code)" at anna status bert
check "so does status for programs" sh -c '"$HANDSEL" --home anna status bert --json | jq -e ".braked == 11 and ([.problems[] | select(.kind == \"brake\")] | length == 2)"'
check "sync ends with what waits" says 3 '11 deleted or emptied, for your yes' at anna sync bert
check "the other side knows of no trouble" calm bert anna
check "further passes send nothing" silent anna bert
check "it was told once" prints 'trouble brake' cat told
check "the log tells it once" prints 1 sh -c '"$HANDSEL" --home anna log bert --what brake --json | wc -l'
check "a dry run would send nothing" says 0 'nothing to send' at anna sync bert --dry-run
keep emptied

# ---- yes

yes() {
	at anna brake release bert "$(code)" && settle anna bert && bert_has 19 && same_desks anna bert && none_waits && calm anna bert
}

more() {
	more_code=$(code)
	delete 'Pump 3' 1 && pass_waits && waits 12 0 && says 1 'not what waits' at anna brake release bert "$more_code" &&
		bert_has 30
}

later() {
	at anna brake release bert "$(code)" && delete 'Pump 2' 6 && pass_waits && waits 6 0 && bert_has 18
}

check "a yes without its code is none" says 2 'nothing was done' at anna brake release bert
check "nor is one with another code" says 1 'not what waits' at anna brake release bert 000000
check "one more deletion makes another code" more
check "a yes holds for what was shown, what comes later waits anew" later
again emptied
check "a yes lets them through" yes
check "that it is over was told, too" prints 'over brake' tail -n 1 told
check "there is nothing left to say yes to" says 1 'nothing waits' at anna brake release bert 000000

# ---- no

restored() {
	again begin && rm -rf backup && mkdir backup && cp -a anna/desk.db* backup/ && delete Pump 30 && pass_waits && waits 30 0 &&
		rm anna/desk.db* && cp -a backup/. anna/ && settle anna bert && bert_has 30 && same_desks anna bert && none_waits &&
		calm anna bert
}

# What the partner sent since would be lost: that is for the operator.
restored_too_late() {
	again begin && cp -a anna/desk.db* backup/ && delete Pump 30 && at bert desk new title=Valve >/dev/null && pass_waits &&
		sync_at anna bert && rm anna/desk.db* && cp -a backup/. anna/ && says 1 'old copy' at anna sync bert && bert_has 31
}

check "a tracker that is put back has sent nothing" restored
check "one that is put back after it was written to is noticed" restored_too_late

# ---- emptied items

fields_emptied() {
	again begin && empty Pump 8 && pass_waits && waits 0 8 &&
		counts bert 'select(.fields.assignee == "erika")' 30 &&
		says 0 'emptied: assignee, description, priority' at anna brake show bert
}

refilled() {
	for refilled_id in $(ids Pump); do
		at anna desk set "$refilled_id" description='It leaks' assignee=erika priority=high >/dev/null || return 1
	done
	settle anna bert && none_waits && calm anna bert && same_desks anna bert
}

# The partner's record for an item that waits has to wait, too.
crossed() {
	at bert desk set "$(at bert desk list --json | jq -r 'select(.title == "Pump 1") | .id')" title='Pump 1, blue' >/dev/null &&
		sync_at bert anna && carry bert anna && ends 3 at anna -q sync bert &&
		says 0 '519 .*waits for a yes' at anna hold list bert &&
		says 1 'waits for a yes' at anna hold drop bert 1 --yes && settle anna bert &&
		counts bert 'select(.fields.assignee == "erika")' 30
}

crossed_yes() {
	at anna brake release bert "$(code)" && settle anna bert && none_waits && same_desks anna bert && calm anna bert &&
		calm bert anna && counts bert 'select(.fields.assignee == "erika")' 22 &&
		counts anna 'select(.fields.title == "Pump 1, blue")' 1
}

# It comes before the sweep has seen anything.
crossed_first() {
	again begin && at bert desk set "$(at bert desk list --json | jq -r 'select(.title == "Pump 1") | .id')" title='Pump 1, blue' >/dev/null &&
		sync_at bert anna && carry bert anna && empty Pump 8 && pass_waits && waits 0 8 && settle anna bert &&
		counts bert 'select(.fields.assignee == "erika")' 30 && crossed_yes
}

check "eight emptied items wait" fields_emptied
check "what crosses one of them waits, too" crossed
check "with the yes both go on" crossed_yes
check "so does what comes first" crossed_first
again begin
check "emptied items wait again" fields_emptied
check "filled again, nothing was sent" refilled

comments_removed() {
	again begin && for id in $(ids Pump | head -n 7); do
		at anna desk comment "$id" 'Seen.' >/dev/null || return 1
	done
	settle anna bert && for thing in $(at anna desk export | jq -r '.comments[].id'); do
		at anna desk remove "$thing" >/dev/null || return 1
	done
	pass_waits && waits 0 7
}

check "so do items that lose their comments" comments_removed

# ---- the limit

limited() {
	again begin && at anna link set bert sync.brake=2 >/dev/null && delete Pump 3 && pass_waits && waits 3 0 &&
		at anna link set bert sync.brake=29 >/dev/null && settle anna bert && bert_has 27 && none_waits
}

all_of_them() {
	again begin && at anna link set bert sync.brake=1000 >/dev/null && delete Pump 30 && pass_waits && waits 30 0
}

one_item() {
	again begin && delete Pump 6 && ends 3 at anna -q sync bert && waits 6 0 &&
		at anna -q sync bert --item "$(ids Pump | head -n 1)"
	waits 6 0
}

check "the limit is a setting" limited
check "all of them never go unasked" all_of_them
check "a pass for one item frees none" one_item

# ---- crashes

killed() {
	for step in 1 2 4; do
		again begin && delete Pump 8 || return 1
		HANDSEL_TEST_FAULT=db-commit:$step:die at anna -q sync bert 2>/dev/null
		pass_waits && waits 8 0 && bert_has 30 || return 1
		HANDSEL_TEST_FAULT=db-commit:1:die at anna brake release bert "$(code)" 2>/dev/null
		waits 8 0 && at anna -q brake release bert "$(code)" || return 1
		HANDSEL_TEST_FAULT=db-commit:$step:die at anna -q sync bert 2>/dev/null
		settle anna bert && bert_has 22 && same_desks anna bert && none_waits || return 1
	done
}

check "killed anywhere, it waits all the same, and goes with the yes" killed
check "no process is left" idle
tap_end
