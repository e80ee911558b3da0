#!/bin/sh
# points - the fault points that one full round passes, pairing included, are listed and counted
#
# What they are is in doc/testing.md; what happens at each, in sweep-join.sh, sweep.sh and power.sh.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/join_kit.sh"
. "$here/edit_kit.sh"
cd "$tmp" || exit 99
pump=$tmp/pump.handshake

# All that is done here passes no step and breaks none.
broken() {
	broken_site=$1
	shift 3
	HANDSEL_TEST_PASSES=$tmp/passed/$stage-$broken_site
	export HANDSEL_TEST_PASSES
	"$@" >/dev/null
	broken_status=$?
	unset HANDSEL_TEST_PASSES
	[ $broken_status -eq 0 ] || [ $broken_status -eq 3 ]
}

# NAME COMMAND...: one part of the round.
stage() {
	stage=$1
	shift
	"$@" 0 none && return
	echo "$stage: did not come to its end"
	return 1
}

round() {
	stage make make && stage join join && stage meet meet && stage exchange exchange && whole
}

# A table of how often each point was passed.
table() {
	awk '
		FNR == 1 { split(FILENAME, path, "/"); parts[++n] = path[2] }
		{ passes[$1, n]++; all[n]++; points[$1]; leaves[n] += $2 == "leaves" }
		function row(name, numbers, prefix, to,    i, line, sum) {
			line = sprintf("%-16s", name)
			for (i = 1; i <= n; i++) {
				line = line sprintf("%15d", numbers[prefix i])
				sum += numbers[prefix i]
			}
			print line sprintf("%8d", sum) | to
		}
		END {
			line = sprintf("%-16s", "")
			for (i = 1; i <= n; i++)
				line = line sprintf("%15s", parts[i])
			print line "     sum"
			fflush()
			for (p in points)
				row(p, passes, p SUBSEP, "sort")
			close("sort")
			row("leave something", leaves, "", "cat")
			row("all", all, "", "cat")
		}' passed/make-anna passed/join-bert passed/meet-* passed/exchange-*
}

in_the_sources() {
	grep -rhoE 'fault_(pass|look)\("[a-z-]+"' "$srcdir/src" "$srcdir/spool" | sed 's/.*"\(.*\)"/\1/' | sort -u
}

every_point_is_passed() {
	in_the_sources >there
	cat passed/* | cut -d " " -f 1 | sort -u | diff there -
}

site anna bert || exit 99
head -c 2000 /dev/urandom >photo
mkdir passed
at anna desk new title=Pump >/dev/null
at bert desk new title=Valve >/dev/null
check "a round with its pairing passes them" round
table | sed 's/^/# /'
check "there is no point that it does not pass" every_point_is_passed
tap_end
