#!/bin/sh
# status - how links are, for people, for Nagios and for OpenMetrics
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

two_links() {
	site a b && pair a b --scope all && offer a c
}

one_line() {
	at a status --check | awk 'END { exit NR != 1 }'
}

metric() {
	grep -qxE "$1" a.prom || { cat a.prom; return 1; }
}

# Each sample belongs to the metric told before it; each metric is told once; the end is the end.
well_formed() {
	awk '/^# HELP / { if (seen[$3]++) bad = 1; name = $3; next }
		/^# TYPE / { if ($3 != name || $4 != "gauge") bad = 1; next }
		/^# EOF$/ { ended = NR; next }
		{ split($1, part, "{"); if (part[1] != name || NF != 2 || $2 !~ /^[0-9]+$/) bad = 1 }
		END { exit bad || ended != NR }' a.prom
}

stored() {
	ends 0 at a status --openmetrics a.prom >printed && [ ! -s printed ] && [ "$(stat -c %a a.prom)" = 644 ] &&
		[ "$(ls -A | grep -c tmp)" -eq 0 ]
}

check 'a site has a link that works and one that waits for its partner' two_links
check 'that is fine' says 0 '^HANDSEL OK - 2 links \| links=2;;;0 queued=0;;;0 unacked=0;;;0 held=0;;;0 quarantine=0;;;0 conflicts=0;;;0 oldest_unacked=0s;;;0$' \
	at a status --check
check 'and told in one line' one_line
check 'metrics are stored for all to read' stored
check 'they are well formed' well_formed
check 'they tell the site' metric 'handsel_info\{site="a",version="[0-9.]+"\} 1'
check 'they tell the state of a link' metric 'handsel_link_state\{link="b",state="running"\} 1'
check 'and the states it is not in' metric 'handsel_link_state\{link="b",state="stopped"\} 0'
check 'they tell what a link knows' metric 'handsel_link_unacknowledged_envelopes\{link="b"\} 0'
check 'and when it last heard' metric 'handsel_link_last_in_timestamp_seconds\{link="b"\} [0-9]{10}'
refute 'what is not known is left out' grep -q 'handsel_link_last_in_timestamp_seconds{link="c"}' a.prom

unacked() {
	at a desk new title='Pump leaks' >/dev/null && sync_at a b &&
		says 0 'unacked=1;;;0 .* oldest_unacked=7[0-9]{3}s' at_time 7300 a status b --check
}

quarantined() {
	link8=$(ls "$(send_of a b)" | head -n 1 | cut -c 1-8)
	echo garbage >"$(receive_of a b)/$link8-s00000098-$(echo garbage | sha256sum | cut -c 1-8).zip.gpg"
	ends 3 at a sync b && says 1 '^HANDSEL WARNING - b: s98 refused: [^|]* \| links=1;.* quarantine=1;' at a status b --check
}

aligned() {
	at a status >eyes
	grep -q '^! b  s98 refused: .*  handsel --home [^ ]*/a spool show b s98$' eyes && grep -q '^  b  .*  handsel --home [^ ]*/a link verify b WORDS$' eyes ||
		{ cat eyes; return 1; }
}

check 'what is not acknowledged is measured' unacked
check 'what waits for the operator is a warning' quarantined
check 'people see it with the command that helps' aligned

# What is printed can be pasted, wherever one is.
pasted() {
	pasted_line=$(at a status b --json | jq -r '.problems[0].command')
	(
		handsel() { "$HANDSEL" "$@"; }
		cd / && eval "$pasted_line"
	)
}

check 'the command works as it stands' says 0 '^s98 .*quarantine' pasted
check 'it is short where the home is found without' says 3 '  handsel spool show b s98$' sh -c 'HANDSEL_HOME=$PWD/a "$HANDSEL" status b'
check 'the worst comes first' says 2 '^HANDSEL CRITICAL - c: .*b: s98' sh -c \
	'mv a/links/c/exchange a/links/c/away; "$HANDSEL" --home a status --check; s=$?; mv a/links/c/away a/links/c/exchange; exit $s'
check 'a site that is not there is unknown' says 3 '^HANDSEL UNKNOWN - ' at nowhere status --check
check 'a link that is not there is unknown' says 3 '^HANDSEL UNKNOWN - there is no link x' at a status x --check
check 'metrics that cannot be stored are unknown' says 3 '^HANDSEL UNKNOWN - ' at a status --check --openmetrics nowhere/a.prom
check 'and an error otherwise' says 1 'nowhere' at a status --openmetrics nowhere/a.prom

as_json() {
	at a --json status --check >shown
	[ $? -eq 1 ] && jq -es 'length == 1 and .[0].code == 1 and .[0].status == "WARNING" and .[0].values.quarantine == 1' shown
}

damaged() {
	echo garbage >a/links/c/state.db
	says 2 'CRITICAL - c: ' at a status --check && at a status --openmetrics a.prom && well_formed &&
		metric 'handsel_link_state\{link="c",state="damaged"\} 1' &&
		metric 'handsel_link_state\{link="b",state="running"\} 1'
}

check 'programs get the same as JSON' as_json
check 'a damaged link is critical and hides no other' damaged
tap_end
