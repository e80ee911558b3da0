#!/bin/sh
# calls - functions that this project does not call
. "$(dirname "$0")/lib.sh"

calls() {
	code | grep -E "\\<($1)[[:space:]]*\\(" | nothing
}

no_unsafe_calls() {
	c_files | calls 'strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|system|popen|strtok|tmpnam|mktemp'
}

quiet_files() {
	c_files src spool handshake | grep -v -e '^src/cli/' -e '^src/pgp/helper'
}

libraries_do_not_print() {
	quiet_files | calls 'v?printf|puts|putchar|perror|v?syslog|g_print(err)?|g_(message|warning|debug|info|critical|log)'
}

libraries_do_not_touch_streams() {
	quiet_files | code | grep -E '\<(stdout|stderr)\>' | nothing
}

check "no call is one of the unsafe ones" no_unsafe_calls
check "libraries neither print nor log" libraries_do_not_print
check "libraries leave the standard streams alone" libraries_do_not_touch_streams
tap_end
