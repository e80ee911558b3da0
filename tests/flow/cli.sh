#!/bin/sh
# cli - the command line: help, wrong uses, exit codes, and the desk
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
FLOW_LEAKS=yes
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99
HANDSEL_HOME=$tmp/home
HOME=$tmp
USER=erika
export HANDSEL_HOME HOME USER

h() {
	"$HANDSEL" "$@"
}

commands() {
	h help --json | jq -r .command
}

every_command_has_help() {
	[ "$(commands | wc -l)" -gt 10 ] || return 1
	commands | while read -r command; do
		# shellcheck disable=SC2086
		h help $command | grep -q "^usage: handsel $command" || echo "handsel help $command"
		# shellcheck disable=SC2086
		h $command --help | grep -q "^usage: handsel $command" || echo "handsel $command --help"
	done | { ! grep .; }
	h help --json | jq -e -s 'all(.summary != "" and (.help | length) > 20)' >/dev/null
}

every_option_has_help() {
	h help --json | jq -e -s 'all(.[].options[]; .help != "" and (.name | test("^[a-z][a-z-]*$")))' >/dev/null
}

# Runs every command with too many arguments: none may do anything but say how it is used.
every_wrong_use_ends_with_2() {
	commands | while read -r command; do
		# shellcheck disable=SC2086
		says 2 '^hint: handsel help ' h $command --no-such-option-at-all || echo "of $command"
	done | { ! grep .; }
}

check "the version is told" says 0 '^handsel [0-9]' h --version
check "every command explains itself" every_command_has_help
check "every option explains itself" every_option_has_help
check "help of a group lists its commands" says 0 '^desk export ' h help desk
check "settings are listed" says 0 '^sync.ack_delay +link.conf +0 s ' h help settings
check "reasons are listed" says 0 '^ *502 +yes +no such value' h help reasons
check "no command at all is a wrong use" says 2 '^usage: handsel ' h
check "a group alone is a wrong use" says 2 '^desk new ' h desk
check "an unknown command is named, and the nearest one" says 2 '^hint: did you mean handsel desk list' h desk lits
check "an unknown command far from all points to the help" says 2 'handsel help lists them' h frobnicate
check "help of an unknown command is a wrong use" says 2 '^handsel: desk nwe: unknown' h help desk nwe
check "an unknown option is named, and the nearest one" says 2 '^hint: did you mean --json' h desk list --jsno
check "an unknown option points to the help of its command" every_wrong_use_ends_with_2
check "an unknown letter is a wrong use" says 2 'unknown option -x' h desk list -x
check "a missing argument is named" says 2 '^handsel: desk set: FIELD=VALUE is missing' h desk set 1
check "an argument too many is named" says 2 '"three" is one argument too many' h desk show 1 three
check "an option without its value is named" says 2 '^handsel: init: --name needs a value: NAME' h init --name
check "a value where none belongs is refused" says 2 'takes no value' h desk list --json=yes
check "an option given twice is refused" says 2 '\-\-name is given twice' h init --name a --name b
check "without a site nothing works, and the way out is told" says 1 '^hint: make one with handsel init' h desk list

check "a wrong name makes no site" ends 2 h init --name 'Not A Name'
check "a wrong name has left nothing" test ! -e "$HANDSEL_HOME/handsel.conf"
check "a site is made" says 0 '^Made site berlin in /' h init --name berlin
check "its home is closed to others" prints 700 stat -c %a "$HANDSEL_HOME"
check "a site is not made twice" says 2 '^handsel: .*home: is a site already' h init --name berlin
check "--json tells the site" says 0 '"site":"oslo"' h --home "$tmp/oslo" init --name oslo --json
check "-q says nothing" prints "" h --home "$tmp/rom" -q init --name rom
rm "$tmp/rom/desk.db"
check "a site without its desk is completed" ends 0 h --home "$tmp/rom" init
check "--home goes before HANDSEL_HOME" says 0 '^usage' h --home "$tmp/oslo" help init

check "a new item's id is printed" prints 1 h desk new title='Pump leaks' state=open labels='b, a'
check "with --json too" prints '{"id":"2"}' h desk new --json title='Valve' parent=1 priority=high
check "a field is set" ends 0 h desk set 1 state=done
check "the list shows it" says 0 '^ *1  issue  done ' h desk list
check "the list finds it by a field" prints 1 sh -c '"$HANDSEL" desk list state=done --json | jq -r .id'
check "the list finds nothing by another value" prints "" h desk list state=never
check "the list has one line of JSON an item" prints 2 sh -c '"$HANDSEL" desk list --json | jq -s length'
check "a comment is added" says 0 '^c' h desk comment 1 'seen
again'
comment=$(h desk show 1 --json | jq -r '.comments[0].id')
check "a comment that looks like an option is added behind --" says 0 . h desk comment 1 -- --no
check "a comment is changed" ends 0 h desk comment --edit "$comment" 'not again'
check "the item shows it" says 0 'not again' h desk show 1
check "a comment without text is a wrong use" says 2 'ID and TEXT' h desk comment 1
check "a row is added" says 0 . h desk row 1 work hours=3 by=erika
row=$(h desk show 1 --json | jq -r '.rows[0].id')
check "a row is changed" ends 0 h desk row 1 work hours=4 --edit "$row"
check "the row shows it" prints 4 sh -c '"$HANDSEL" desk show 1 --json | jq -r ".rows[0].fields.hours"'
check "a relation is made" ends 0 h desk relate 1 blocks 2
check "a relation is taken away" ends 0 h desk relate 1 blocks 2 --remove
check "a relation that is not there is told" ends 1 h desk relate 1 blocks 2 --remove
check "a row is removed" ends 0 h desk remove "$row"
check "edits bear the user's login" prints erika sh -c '"$HANDSEL" desk show 1 --json | jq -r .by'
check "a field is made" ends 0 h desk field severity list
check "a type that is none is refused" says 2 'it is one of text, ' h desk field size huge
check "values are made known" ends 0 h desk value severity low high
check "an unknown value is refused" says 1 '^handsel: severity has no value "mid"' h desk set 1 severity=mid
check "fields are listed" says 0 '^severity +list +' h desk field
check "fields are listed as JSON" prints list sh -c '"$HANDSEL" desk field --json | jq -r "select(.name == \"severity\") | .type"'
check "an item is deleted" ends 0 h desk delete 2
check "a deleted item is gone" says 1 '^handsel: no item 2' h desk show 2

bad=$(printf 'caf\351')
check "a value that is not UTF-8 is refused" says 2 '^handsel: title: is not valid UTF-8' h desk set 1 "title=$bad"
check "a field whose name is not UTF-8 is refused" ends 2 h desk set 1 "$bad=x"
check "a comment that is not UTF-8 is refused" ends 2 h desk comment 1 "$bad"
check "an id that is not UTF-8 is shown escaped" says 1 'caf\\xe9' h desk show "$bad"
check "none of them changed the item" prints 'Pump leaks' sh -c '"$HANDSEL" desk show 1 --json | jq -r .fields.title'
check "a field given twice is refused" says 2 'title is given twice' h desk set 1 title=a title=b
check "what is not FIELD=VALUE is refused" says 2 '"title" is not FIELD=VALUE' h desk new title
check "an unknown field is refused" says 1 '^handsel: no field "titel" here' h desk new titel=x

head -c 1048577 /dev/zero | tr '\0' x >big.txt
{ printf 'id,text\nk1,'; cat big.txt; printf '\n'; } >big.csv
check "a field of 1 MiB and a byte is refused" says 1 'line 2, column "text".*1048577 bytes' h desk import --csv big.csv --key id --map text=description
check "and changes nothing" prints '' sh -c '"$HANDSEL" desk list key=k1 --json'
{ printf 'id,text\nk1,'; head -c 1048576 big.txt; printf '\n'; } >big.csv
check "one of 1 MiB comes in" says 0 '^1 new, 0 changed, 0 as before' h desk import --csv big.csv --key id --map text=description
check "not a byte of it is lost" prints 1048576 sh -c '"$HANDSEL" desk list key=k1 --json | jq -r ".description | length"'
check "the same table again changes nothing" prints '{"changed":0,"new":0,"same":1}' h desk import --csv big.csv --key id --map text=description --json
check "an import without a key is a wrong use" says 2 '\-\-key is missing' h desk import --csv big.csv --map text=description
check "an import of a missing file fails" ends 1 h desk import --csv none.csv --key id --map text=description

mkdir -p a/b etc
echo secret >etc/x
check "a file is attached under its last name alone" says 0 . sh -c 'cd a/b && "$HANDSEL" desk attach 1 ../../etc/x'
check "no directory got into its name" prints x sh -c '"$HANDSEL" desk show 1 --json | jq -r ".files[0].name"'
check "a path that ends in .. is refused" says 2 'is not a regular file' h desk attach 1 ../../etc/..
check "a missing file is refused" says 1 'no-such-file' h desk attach 1 ../../no-such-file
mkfifo pipe
check "a pipe is refused, not waited for" says 2 'is not a regular file' h desk attach 1 pipe
esc=$(printf 'e\033[2Jx')
echo x >"$esc"
check "a name with control characters is refused" ends 1 h desk attach 1 "$esc"
echo good >good.txt
check "files are attached all or none" ends 1 h desk attach 1 good.txt "$esc"
check "none of them is there" prints 1 sh -c '"$HANDSEL" desk show 1 --json | jq ".files | length"'

h desk set 1 title="$(printf 'bad \033]0;x\007 \302\233 title')" >/dev/null 2>&1
h desk comment 1 "$(printf '\033[31mred\302\2332J\342\200\256end')" >/dev/null 2>&1
no_escapes() {
	"$@" | LC_ALL=C grep -qa "$(printf '[\033\007\177]\|\302[\200-\237]\|\342\200\256')" && return 1
	return 0
}
check "no escape sequence reaches the terminal by show" no_escapes h desk show 1 -v
check "nor by list" no_escapes h desk list
check "nor by an error" no_escapes sh -c '"$HANDSEL" desk show "$1" 2>&1' - "$esc"
check "JSON holds them escaped" sh -c '"$HANDSEL" desk show 1 --json | jq -e ".comments | length == 3" && ! "$HANDSEL" desk show 1 --json | LC_ALL=C grep -qa "$(printf "\302\233")"'

check "the export has sorted keys" sh -c '"$HANDSEL" desk export | jq -en "[inputs | keys_unsorted == keys] | length == 2 and all"'
check "a reader that goes away is told as a failure" sh -c '
	{ "$HANDSEL" desk export; echo $? >status; } 2>/dev/null | true; sleep 0.1
	[ "$(cat status)" -le 1 ]'
check "a full disk is told as a failure" says 1 'could not be written' sh -c '"$HANDSEL" desk export >/dev/full'
tap_end
