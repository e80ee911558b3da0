# says - what a command prints and how it ends; source it after tap.sh
#
# ends STATUS COMMAND...          it ends with STATUS; its input is empty
# says STATUS PATTERN COMMAND...  and a line of all it prints matches the extended PATTERN
# prints TEXT COMMAND...          it prints exactly that, and ends well

ends() {
	ends_want=$1
	shift
	"$@" </dev/null
	ends_status=$?
	[ $ends_status -eq "$ends_want" ] || { echo "ended with $ends_status"; return 1; }
}

says() {
	says_status=$1
	says_pattern=$2
	shift 2
	says_text=$(ends "$says_status" "$@" 2>&1) || { printf '%s\n' "$says_text"; return 1; }
	printf '%s\n' "$says_text" | grep -qE -e "$says_pattern" || { printf '%s\n' "$says_text"; return 1; }
}

prints() {
	prints_want=$1
	shift
	prints_text=$("$@" 2>&1) || { printf '%s\n' "$prints_text"; return 1; }
	[ "$prints_text" = "$prints_want" ] || { printf '%s\n' "$prints_text"; return 1; }
}
