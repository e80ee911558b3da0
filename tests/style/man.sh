#!/bin/sh
# man - the man pages are well-formed
. "$(dirname "$0")/lib.sh"

for page in doc/*.[1-8]; do
	if command -v mandoc >/dev/null; then
		check "$page has no error" mandoc -T lint -W error "$page"
	else
		skip "$page has no error" "no mandoc here"
	fi
done
tap_end
