#!/bin/sh
# policies - the same field edited on both sides: each policy decides as the contract says, on both
# sides alike, and what loses is told; and a field of every type travels
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"

cat >"$tmp/contract.json" <<'EOF'
{"version": 1, "merge": 1, "tolerance": 2,
 "limits": {"field": 1048576, "file": 4294967296, "things": 10000},
 "kinds": {"issue": {"fields": {
    "title": {"type": "text", "policy": "latest"},
    "created": {"type": "time", "policy": "first"},
    "p_latest": {"type": "text", "policy": "latest"},
    "p_first": {"type": "text", "policy": "first"},
    "p_master": {"type": "text", "policy": "master"},
    "p_slave": {"type": "text", "policy": "slave"},
    "p_ours": {"type": "text", "policy": "owner", "owner": "master"},
    "p_theirs": {"type": "text", "policy": "owner", "owner": "slave"},
    "p_merge": {"type": "multi", "policy": "merge"},
    "p_hold": {"type": "text", "policy": "hold"},
    "t_text": {"type": "text", "policy": "latest"},
    "t_longtext": {"type": "longtext", "policy": "latest"},
    "t_number": {"type": "number", "policy": "latest"},
    "t_date": {"type": "date", "policy": "latest"},
    "t_time": {"type": "time", "policy": "latest"},
    "t_yesno": {"type": "yesno", "policy": "latest"},
    "t_user": {"type": "user", "policy": "latest"},
    "t_list": {"type": "list", "policy": "latest", "learn": true},
    "t_multi": {"type": "multi", "policy": "latest"},
    "t_link": {"type": "link", "policy": "latest"}},
  "comments": true}}}
EOF

policies="p_latest p_first p_master p_slave p_ours p_theirs p_hold"

# edit SECONDS SITE ITEM WORD SET: sets all of them to WORD, and the set.
edit() {
	edit_shift=$1 edit_site=$2 edit_item=$3 edit_word=$4 edit_set=$5
	set -- p_merge="$edit_set"
	for policy in $policies; do
		set -- "$@" "$policy=$edit_word"
	done
	at_time "$edit_shift" "$edit_site" desk set "$edit_item" "$@"
}

# make TITLE: an item of an hour ago; prints its uid.
make() {
	make_id=$(at_time -3600 a desk new title="$1") && edit -3500 a "$make_id" base 'x, y, z' && uid_of a "$make_id"
}

# shows SITE ITEM FILTER: of its fields.
shows() {
	shows_is=$(at "$1" desk show "$2" --json | jq -c .fields)
	printf '%s\n' "$shows_is"
	printf '%s\n' "$shows_is" | jq -es "length == 1 and (.[0] | $3)" >/dev/null
}

both_show() {
	shows a "$1" "$2" && shows b "$1" "$2"
}

# decided ITEM LATEST FIRST MASTER SLAVE SET: what both sides show.
decided() {
	both_show "$1" ".p_latest == \"$2\" and .p_first == \"$3\" and .p_master == \"$4\" and .p_ours == \"$4\" and
		.p_slave == \"$5\" and .p_theirs == \"$5\" and .p_merge == $6"
}

# each_shows ITEM AT_A AT_B: of the field that waits for a person.
each_shows() {
	shows a "$1" ".p_hold == \"$2\"" && shows b "$1" ".p_hold == \"$3\""
}

# lost ITEM FIELD VALUE: both sides tell that it lost.
lost() {
	for lost_link in a:b b:a; do
		lost_is=$(at ${lost_link%:*} conflict list ${lost_link#*:} --json)
		printf '%s\n' "$lost_is" | jq -es "any(.[]; .uid == \"$1\" and .reg == \"$2\" and
			.value == \"$3\" and .open == false)" >/dev/null || { printf '%s\n' "$lost_is"; return 1; }
	done
}

# open_at SITE LINK N [MINE THEIRS]: so many choices wait there, the first between these.
open_at() {
	open_is=$(at "$1" conflict list "$2" --json | jq -c 'select(.open) | [.title, .reg, .mine, .theirs]')
	printf '%s\n' "$open_is"
	[ "$(printf '%s\n' "$open_is" | jq -s length)" -eq "$3" ] &&
		{ [ $# -eq 3 ] || printf '%s\n' "$open_is" | jq -es ".[0][2:] == [\"$4\", \"$5\"]"; }
}

# number_of SITE LINK ITEM: of the open conflict.
number_of() {
	at "$1" conflict list "$2" --json | jq "select(.open and .uid == \"$3\") | .number"
}

but_held() {
	desk_of "$1" | jq -c 'del(.fields.p_hold)'
}

# All but the field that waits is equal.
same_but_held() {
	but_held a >"$tmp/but-a" && but_held b >"$tmp/but-b" && [ -s "$tmp/but-a" ] && diff "$tmp/but-a" "$tmp/but-b"
}

check "two sites are paired on a contract of their own" eval '
	site a b && offer a b --scope all --contract "$tmp/contract.json" && accept a b --scope all'
a_later=$(make 'A is later') b_later=$(make 'B is later') tie=$(make 'A tie')
two_of_a=$(make 'Two of A') two_of_b=$(make 'Two of B') typed=$(uid_of a "$(at a desk new title=Types)")
check "items come over" settle a b
check "and are equal" same_desks a b

# ---- one field, both sides ----

check "both sides edit all fields of all items" eval '
	edit -120 a "$two_of_a" a1 "a, y, z" && sync_at a b && edit -120 b "$two_of_b" b1 "b, x, y" && sync_at b a &&
	edit -110 b "$two_of_a" b "b, x, y" && edit -100 a "$two_of_a" a2 "a, c, z" &&
	edit -110 a "$two_of_b" a "a, y, z" && edit -100 b "$two_of_b" b2 "b, d, x" &&
	edit -60 a "$a_later" a "a, y, z" && edit -120 b "$a_later" b "b, x, y" &&
	edit -120 a "$b_later" a "a, y, z" && edit -60 b "$b_later" b "b, x, y" &&
	edit -60 a "$tie" a "a, y, z" && edit -59 b "$tie" b "b, x, y"'
check "the edits cross" settle a b
check "then silence" silent a b
check "the later edit was the master's" decided "$a_later" a b a b '["a", "b", "y"]'
check "the later edit was the slave's" decided "$b_later" b a a b '["a", "b", "y"]'
check "edits at about the same time" decided "$tie" a b a b '["a", "b", "y"]'
check "two edits of the master crossed one" decided "$two_of_a" a2 a2 a2 b '["a", "b", "c"]'
check "two edits of the slave crossed one" decided "$two_of_b" b2 b2 a b2 '["a", "b", "d"]'
check "all but the field that waits is equal" same_but_held
check "what waits shows on each side its own" eval '
	each_shows "$a_later" a b && each_shows "$b_later" a b && each_shows "$tie" a b &&
	each_shows "$two_of_a" a2 b && each_shows "$two_of_b" a b2'
check "both sides tell what lost by latest" eval '
	lost "$a_later" p_latest b && lost "$b_later" p_latest a && lost "$tie" p_latest b && lost "$two_of_a" p_latest b'
check "by first" eval 'lost "$a_later" p_first a && lost "$b_later" p_first b'
check "by master" eval 'lost "$b_later" p_master b && lost "$two_of_b" p_master b2'
check "by slave" eval 'lost "$a_later" p_slave a && lost "$two_of_a" p_slave a2'
check "and by owner" eval 'lost "$tie" p_ours b && lost "$tie" p_theirs a'
check "five choices wait at the master's" open_at a b 5
check "and at the slave's" open_at b a 5

# ---- a person decides ----

check "choices are made on either side" eval '
	at a conflict resolve b "$(number_of a b "$a_later")" mine &&
	at a conflict resolve b "$(number_of a b "$b_later")" theirs &&
	at b conflict resolve a "$(number_of b a "$tie")" mine &&
	at b conflict resolve a "$(number_of b a "$two_of_a")" "between the two" &&
	at a desk set "$two_of_b" p_hold=rewritten'
check "they travel" settle a b
check "both sides show what was chosen" eval '
	each_shows "$a_later" a a && each_shows "$b_later" b b && each_shows "$tie" b b &&
	each_shows "$two_of_a" "between the two" "between the two"'
check "an edit does not choose for the other side" each_shows "$two_of_b" rewritten b2
check "one choice waits with the edited value" open_at a b 1 rewritten b2
check "and there" open_at b a 1 b2 rewritten
check "the edit is chosen" eval 'at b conflict resolve a "$(number_of b a "$two_of_b")" theirs && settle a b'
check "then it is shown on both sides" each_shows "$two_of_b" rewritten rewritten
check "both desks are equal" same_desks a b
check "no choice waits at the master's" open_at a b 0
check "nor at the slave's" open_at b a 0
check "nothing else waits" calm a b
check "nor there" calm b a
check "then silence again" silent a b

# ---- a field of every type ----

check "a field of every type is set" at a desk set "$typed" t_text='ä € 😀 "q" '"'s'" t_longtext='one
	two

' t_number=-0012.50 t_date=2024-02-29 t_time='2020-01-04 02:32:49+02:00' t_yesno=yes t_user=erika \
	t_list='brand new' t_multi='b, a; c d' t_link='https://example.com/a?b=c#d'
check "they travel" settle a b
check "and arrive as they are" both_show "$typed" '. == {"title": "Types", "created": .created, "t_text": "ä € 😀 \"q\" '"'s'"'",
	"t_longtext": "one\n\ttwo\n\n", "t_number": "-12.5", "t_date": "2024-02-29", "t_time": "2020-01-04T00:32:49Z",
	"t_yesno": true, "t_user": "erika", "t_list": "brand new", "t_multi": ["a", "b", "c d"],
	"t_link": "https://example.com/a?b=c#d"}'
refute "a time that is none is refused" at b desk set "$typed" t_text=- t_longtext=short t_number=0 t_date=1999-12-31 \
	t_time=yesterday t_yesno=no t_user='Max Muster' t_list=newer t_multi=z t_link=ftp://example.com/ü
refute "and nothing beside it was set" shows b "$typed" '.t_text == "-"'
check "each is changed" at b desk set "$typed" t_text=- t_longtext=short t_number=0 t_date=1999-12-31 \
	t_time=1999-12-31T23:59:59Z t_yesno=no t_user='Max Muster' t_list=newer t_multi=z t_link=ftp://example.com/ü
check "the changes come back" settle a b
check "as they are" both_show "$typed" '. == {"title": "Types", "created": .created, "t_text": "-", "t_longtext": "short",
	"t_number": "0", "t_date": "1999-12-31", "t_time": "1999-12-31T23:59:59Z", "t_yesno": false,
	"t_user": "Max Muster", "t_list": "newer", "t_multi": ["z"], "t_link": "ftp://example.com/ü"}'
check "each is emptied" at a desk set "$typed" t_text= t_longtext= t_number= t_date= t_time= t_yesno= t_user= t_list= \
	t_multi= t_link=
check "that travels, too" settle a b
check "nothing is left of them" both_show "$typed" 'keys - ["created"] == ["title"]'
check "both desks are equal at the end" same_desks a b
check "and all is silent" silent a b
tap_end
