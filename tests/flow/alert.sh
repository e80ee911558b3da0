#!/bin/sh
# alert - trouble is told when it begins and when it is over, once each
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# What was told since it was last asked, sorted.
told() {
	sort told 2>/dev/null
	rm -f told
}

passes() {
	for passes_i in 1 2 3; do
		sync_at anna bert
	done
}

# later SECONDS COMMAND...: with that clock.
later() {
	later_by=$1
	shift
	HANDSEL_TEST_SHIFT=$later_by "$@"
}

met || exit 99
at anna link set bert alert.over='0 s' "alert.command=echo \"\$HANDSEL_STATE \$HANDSEL_KIND\" >>'$tmp/told'; cat >'$tmp/letter'" >/dev/null
passes
check "while all is well nothing is told" prints '' told

echo noise >"$(receive_of anna bert)/$(ls seen/bert-anna | sed -n 's/-s0*[0-9]*-/-s00000099-/p' | head -n 1)"
at anna link set bert folder.settle='0 s' >/dev/null
passes
check "a bad envelope is told once" prints 'trouble quarantine' told
check "with site, link, what is wrong and what helps" sh -c 'cat letter; grep -q "site anna, link bert: trouble, since" letter && grep -q "refused" letter && grep -q "    handsel --home [^ ]*/anna spool show bert" letter'
check "it is in the log" sh -c '"$HANDSEL" --home anna log bert | grep -q "alert.*trouble: .*refused"'
rm -f anna/links/bert/quarantine/*
passes
check "and once that it is over" prints 'over quarantine' told

at anna link set bert alert.over='1 h' >/dev/null
mv anna/links/bert/exchange away
passes
check "a folder that is gone is told once" prints 'trouble folder' told
mv away anna/links/bert/exchange
passes
mv anna/links/bert/exchange away
passes
mv away anna/links/bert/exchange
passes
check "nothing is told while it comes and goes" prints '' told
check "an hour later it is over" later 4000 sync_at anna bert
check "which is told" prints 'over folder' told

at anna link set bert alert.over='0 s' alert.backlog='1 h' alert.expect_every='2 h' >/dev/null
at anna desk new title='To Bert' >/dev/null
sync_at anna bert
passes
check "what has just been sent is no trouble" prints '' told
later 4000 sync_at anna bert
check "what was not acknowledged for an hour is" prints 'trouble backlog' told
check "status says the same" later 4000 says 3 'has not been acknowledged for' at anna status bert
later 7300 sync_at anna bert
check "so is a partner who is silent" prints 'trouble silence' told
check "he answers" later 7400 settle anna bert
check "both are over" prints 'over backlog
over silence' told

at anna link set bert alert.gap='1 min' >/dev/null
at bert desk new title='First' >/dev/null
sync_at bert anna
mkdir lost
mv "$(send_of bert anna)"/*-s0* lost/
at bert desk new title='Second' >/dev/null
sync_at bert anna
carry bert anna
passes
check "an envelope ahead of its turn may wait a while" prints '' told
later 100 sync_at anna bert
check "but not long" prints 'trouble gap' told
mv lost/* "$(receive_of anna bert)/"
later 200 sync_at anna bert
check "the one before it ends that" prints 'over gap' told
settle anna bert

at anna link set bert "alert.command=echo called >>'$tmp/told'; exit 3" >/dev/null
mv anna/links/bert/exchange away
passes
check "a command that fails is not called over and over" prints called told
check "the log has it" sh -c '"$HANDSEL" --home anna log bert | grep -q "alert.command failed (status 3)"'
later 400 sync_at anna bert
check "it is tried again some minutes later" prints called told
at anna link set bert "alert.command=echo well >>'$tmp/told'" >/dev/null
later 800 sync_at anna bert
check "until it works" prints well told
later 1200 sync_at anna bert
check "which is once" prints '' told
at anna link set bert alert.command= >/dev/null
mv away anna/links/bert/exchange
check "without a command nothing is told" settle anna bert
check "both sides are equal" same_desks anna bert
check "no process is left" idle
tap_end
