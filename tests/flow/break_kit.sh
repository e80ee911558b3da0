# break_kit - commands of which one step is broken; source it after lib.sh
#
# break_step STEP KIND COMMAND...  runs it (it may be a function) with that step dying or failing (KIND: die, fail);
#                                  fails if it ends in a way that KIND does not explain.  $broken_status is how it
#                                  ended, what it said is in fault.txt; $reached becomes yes if there was such a step

break_step() {
	break_at=$1
	break_kind=$2
	shift 2
	rm -f passes.txt
	HANDSEL_TEST_FAULT=any:$break_at:$break_kind
	HANDSEL_TEST_PASSES=$tmp/passes.txt
	export HANDSEL_TEST_FAULT HANDSEL_TEST_PASSES
	"$@" >/dev/null 2>fault.txt
	broken_status=$?
	unset HANDSEL_TEST_FAULT HANDSEL_TEST_PASSES
	case $break_kind$broken_status in
	die137) reached=yes ;;
	die0 | die3) ;;
	fail0 | fail1 | fail3) [ "$(wc -l <passes.txt)" -lt "$break_at" ] || reached=yes ;;
	*) return 1 ;;
	esac
}
