#!/bin/sh
# power - the power is cut at each step of a whole round, pairing included, on a disk that keeps
# nothing that was not synced
#
# The site works with tests/power/forget, dies at a step or comes to its end, and goes on with what
# is left: by turns with nothing that was not synced (lost), and with all names, but only the bytes
# that were synced (names).  What comes out must be what comes out undisturbed.
#
# HANDSEL_SWEEP=full tries every step in both ways, HANDSEL_SWEEP=N every Nth; HANDSEL_SEED says which.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/join_kit.sh"
. "$here/edit_kit.sh"
cd "$tmp" || exit 99
power=$top_builddir/tests/power
pump=$tmp/anna/pump.handshake
seed=${HANDSEL_SEED:-5}
every=${HANDSEL_SWEEP:-300}
both=no
[ "$every" != full ] || { every=1 && both=yes; }
first=$((seed % every + 1))
echo "# HANDSEL_SEED=$seed: every ${every}th step, from $first on"

# COMMAND..., which may be a function: syncs to the platter.
forgetful() {
	LD_PRELOAD=$power/forget
	HANDSEL_TEST_PLATTER=$tmp/platter
	export LD_PRELOAD HANDSEL_TEST_PLATTER
	"$@"
	forgetful_status=$?
	unset LD_PRELOAD HANDSEL_TEST_PLATTER
	return $forgetful_status
}

# TREE: nothing of what happens to it from now on stays but what is synced.
mount_disk() {
	rm -rf "$tmp/platter" && mkdir "$tmp/platter" && "$power/cut" keep "$1" "$tmp/platter"
}

# WAY: what is left of some files.
left() {
	rm -rf disk back
	mkdir disk && mount_disk disk && echo bytes >disk/a && echo bytes >disk/b && forgetful sync disk/b disk &&
		echo more >>disk/b && mv disk/b disk/c && echo new >disk/d && forgetful sync disk/d &&
		"$power/cut" "$1" disk platter back && (cd back && wc -c -- *)
}

# WAY SITE: the site goes on with what its disk has kept.
cut_power() {
	rm -rf "$tmp/back"
	"$power/cut" "$1" "$tmp/$2" "$tmp/platter" "$tmp/back" && mv "$tmp/$2" "$tmp/off" &&
		mv "$tmp/back" "$tmp/$2" || return 1
	# Its agent may be about to end.
	rm -rf "$tmp/off" 2>/dev/null || { sleep 1 && rm -rf "$tmp/off"; }
}

# KIND is the way; without a step that far it comes to its end, and then the power is cut.
broken() {
	broken_site=$1
	broken_step=$2
	broken_kind=$3
	shift 3
	mount_disk "$tmp/$broken_site" || return 1
	HANDSEL_TEST_FAULT=any:$broken_step:die
	export HANDSEL_TEST_FAULT
	forgetful "$@" >/dev/null 2>fault.txt
	broken_status=$?
	unset HANDSEL_TEST_FAULT
	case $broken_status in
	137) reached=yes ;;
	0 | 3) ;;
	*)
		echo "step $broken_step made it end with $broken_status: $*"
		cat fault.txt
		return 1
		;;
	esac
	cut_power "$broken_kind" "$broken_site"
}

# What a site shows; what is drawn anew in each run is left out.
shape_of() {
	desk_of "$1" | jq -cS 'walk(if type == "object" then del(.uid, .created) else . end) | .comments |= sort_by(.text)' |
		sort
}

# WHAT STEP KIND: what comes out of it, in $tmp/shape.
round() {
	again "$1" || return 1
	case $1 in
	make) make "$2" "$3" && join 1000000 "$3" && meet 1000000 "$3" ;;
	join) join "$2" "$3" && meet 1000000 "$3" ;;
	meet) meet "$2" "$3" ;;
	exchange) exchange "$2" "$3" ;;
	esac
	round_status=$?
	[ $round_status -eq 0 ] && whole && shape_of anna >shape
}

attempt() {
	round "$@" >round.txt 2>&1 && { [ ! -e "shape-$1" ] || diff "shape-$1" shape >>round.txt; }
	attempt_status=$?
	check "$1 without power from step $2 on ($3) is finished by what follows" sh -c 'cat round.txt; exit "$1"' - $attempt_status
	return $attempt_status
}

# WHAT: from the sites that are kept under that name.
sweep() {
	keep "$1"
	round "$1" 1000000 lost >round.txt 2>&1
	check "$1: the power is cut only where a command has ended" sh -c 'cat round.txt; exit "$1"' - $?
	mv shape "shape-$1"
	step=$first
	way=lost
	reached=yes
	while [ $reached = yes ] && [ $step -lt 5000 ]; do
		reached=no
		attempt "$1" $step $way || break
		[ $both = no ] || attempt "$1" $step names || break
		[ $both = yes ] || [ $way = names ] && way=lost || way=names
		step=$((step + every))
	done
	echo "# $1: the last step that was reached is before $step"
}

check "what was not synced is lost" prints "0 a 6 b 6 total" sh -c 'echo $1' - "$(echo $(left lost))"
check "or has its name, but not its bytes" prints "0 a 6 c 4 d 10 total" sh -c 'echo $1' - "$(echo $(left names))"

site anna bert || exit 99
# What the disk keeps lies beside the sites, where nobody writes who is confined.
for name in anna bert; do
	printf '[run]\nconfine=no\n' >>$name/handsel.conf
done
head -c 2000 /dev/urandom >photo
at anna desk new title=Pump >/dev/null
at bert desk new title=Valve >/dev/null
sweep make
again make
offer_pump >/dev/null
sweep join
again join
join_pump >/dev/null
sweep meet
again meet
meet 1000000 lost >/dev/null
sweep exchange
check "no process is left" idle
tap_end
