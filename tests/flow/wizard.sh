#!/bin/sh
# wizard - links made by a person at a terminal, who mistypes, asks, goes back and gives up
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/typed.sh"
cd "$tmp" || exit 99

# ---- a site ----

HANDSEL_HOME=$tmp/berlin
export HANDSEL_HOME

check "init asks for the name of the site, and proposes that of the machine" typed 0 init <<'END'
>] 
<?
>] 
<Site of Berlin
>] 
<berlin
END
check "it says where the site will be" shows '^  .*made in'
check "a wrong name is told" shows '"Site of Berlin" is no name for a site'
check "the site has the name that was typed" says 0 '^site berlin' at berlin status
check "no line is longer than the terminal" narrow
check "a site that is there is refused without a question" typed 2 init <<'END'
END
check "who leaves makes no site" sh -c 'export HANDSEL_HOME="$1/none"; printf "%s\n" ">] " "^C" | "$2" "$HANDSEL" init; [ $? -eq 1 ] && [ ! -e none ]' - "$tmp" "$TYPIST"
site hamburg || exit 99
awk 'BEGIN { print "Nr,Title,State"; for (i = 1; i <= 1076; i++) print i ",Item " i "," (i <= 212 ? "widget" : "open") }' >items.csv
at berlin desk import --csv items.csv --key Nr --map Title=title --map State=state >/dev/null

# ---- link new ----

check "a whole link is made by typing slowly, with detours" slowly 0 link new <<'END'
>partner? 
<Acme & Sons
>partner? 
<?
>partner? 
<acme
>Choose [1]: 
<3
>Choose [1]: 
<folder
>(may be empty): 
<<
>Choose [1]: 
<<
>partner? [acme] 
<
>Choose [1]: 
<
>(may be empty): 
<Wärmepumpe Süd: Mängel
>Choose [1]: 
<5
>Choose [1]: 
<2
>FIELD=VALUE: 
<widget
>FIELD=VALUE: 
<projct=widget
>FIELD=VALUE: 
<state=widget
>[acme-sync]: 
<<
>FIELD=VALUE [state=widget]: 
<<
>Choose [2]: 
<<
>empty) [Wärmepumpe Süd: Mängel]: 
<
>Choose [2]: 
<
>[state=widget]: 
<
>[acme-sync]: 
<partner.acme
>? [Y/n] 
<perhaps
>? [Y/n] 
<?
>? [Y/n] 
<
>[30]: 
<a month
>[30]: 
<20
>it? [Y/n] 
<y
END
cp screen new.screen
check "it says how many items match" shows '^  212 of 1,076 items match now; nothing is sent before both sides agree\.$'
check "and how many there are" shows '^  3\) all 1,076$'
check "a wrong name is told" shows '^  "Acme & Sons" is no name for a link'
check "a wrong number" shows '^  type a number from 1 to 3$'
check "of a way to travel, too" shows '^  type a number from 1 to 2$'
check "what is no field" shows '^  no field "projct" here'
check "and what is no scope" shows '^  scope: cannot be "widget"; it is'
check "wrong days" shows '^  "a month" is not a number of days'
check "before the last yes it shows what it will make" shows '^  may leave +state=widget: 212 of 1,076 items now$'
check "and that it has not" shows '^Nothing has been made yet\.$'
check "then what was made, by its full path" shows "^Made    $tmp/acme.handshake\$"
check "where SEND is" shows "^        SEND     $tmp/berlin/links/acme/exchange/SEND\$"
check "the words to read out" shows "^          $(at berlin link show acme --json | jq -r .words | cut -d ' ' -f 1-4)\$"
check "no line is longer than the terminal, whose cursor never jumps" narrow
refute "nothing but text and line ends reaches it" grep -q '[^[:print:]]' screen
check "the link is as typed" sh -c '"$HANDSEL" link show acme --json | jq -es ".[0].settings | .scope == \"state=widget\" and
	.user == \"partner.acme\" and .\"pairing.expires\" == \"20 d\" and .\"link.description\" == \"Wärmepumpe Süd: Mängel\"" >/dev/null'
check "the handshake file is for its maker alone" prints 600 stat -c %a acme.handshake

# Each question up to the last, and what answers it.
cat >nord.typed <<'END'
>partner? 
<nord
>Choose [1]: 
<
>(may be empty): 
<
>Choose [1]: 
<2
>FIELD=VALUE: 
<state=open
>[nord-sync]: 
<
>? [Y/n] 
<n
>[30]: 
<
>it? [Y/n] 
END

# KEY: whoever presses it leaves with nothing made, whichever question it is.
leaves() {
	leaves_at=0
	while [ "$leaves_at" -lt 9 ]; do
		{ head -n $((leaves_at * 2 + 1)) nord.typed && echo "$1"; } | typed 1 link new || return 1
		shows '^handsel: left before the last yes, nothing was made$' || return 1
		[ ! -e berlin/links/nord ] && [ ! -e nord.handshake ] || { echo "question $leaves_at made something"; return 1; }
		leaves_at=$((leaves_at + 1))
	done
}

check "Ctrl-C leaves at each question, with nothing made" leaves '^C'
check "so does the end of the input" leaves '^D'
check "so does a no at the end" sh -c '(cat nord.typed; echo "<n") | "$TYPIST" "$HANDSEL" link new >screen; [ $? -eq 1 ]'
check "nothing of it is left in the site" prints acme ls -A berlin/links
check "a no to encryption is meant" sh -c '(cat nord.typed; echo "<y") | "$TYPIST" "$HANDSEL" link new >screen && "$HANDSEL" link show nord --json | jq -es ".[0].settings.protect == \"sign\"" >/dev/null'

check "what the flags give is not asked for" typed 0 link new --channel folder --description x --scope all --user u --protect sign --set pairing.expires='2 d' <<'END'
>partner? 
<sued
>Make it? [Y/n] 
<
END
refute "not one question more" grep -q '\[.*\]: ' screen
check "it is as they said" shows '^  may leave +all items, 1,076 now$'
check "with --expires, too" typed 1 link new west --expires 3 --protect encrypt --user u --scope assigned --description '' <<'END'
>Choose [1]: 
<
>Make it? [Y/n] 
<no
END
check "a wrong flag is told before a question" typed 2 link new west --scope junk <<'END'
END
check "so is a wrong setting" typed 2 link new west --set no.such=1 <<'END'
END
check "so is a tracker that is not there" typed 2 link new west --adapter lotus <<'END'
END
check "so is a contract that is not there" typed 1 link new west --contract none.json <<'END'
END
check "so is a link that is there already" typed 1 link new acme <<'END'
END
check "with name and channel it asks nothing" typed 0 link new west --channel folder <<'END'
END
check "with --yes it never does" typed 2 link new --yes <<'END'
END
check "nor with --json" typed 2 link new --json <<'END'
END
touch ost.handshake
check "a handshake file that is there is left alone, and another one proposed" typed 0 link new ost --description x --scope all --user u --protect sign --expires 1 <<'END'
>Choose [1]: 
<
>to [ost-2.handshake]: 
<nowhere/ost
>to [ost-2.handshake]: 
<
>it? [Y/n] 
<
END
check "that was written" test -s ost-2.handshake
check "for a day, as the flag said" says 0 '^  pairing.expires +1 d' at berlin link show ost
check "a passphrase can be wanted beside the questions" typed 0 link new locked --passphrase --description x --scope all --user u --protect sign --expires 1 <<'END'
>Choose [1]: 
<
>(not shown): 
<sesame
>Once more: 
<sesam
>(not shown): 
<sesame
>Once more: 
<sesame
>it? [Y/n] 
<
END
refute "it is not shown" grep -q sesam screen

# ---- link invite ----

check "an invitation asks for its passphrase, days and file" typed 0 link invite acme <<'END'
>phrase? [y/N] 
<y
>(not shown): 
<öffne dich
>Once more: 
<öffne dich
>[20]: 
<<
>(not shown) [as before]: 
<
>[20]: 
<12 h
>[acme-2.handshake]: 
<second
>it? [Y/n] 
<
END
refute "the passphrase is not shown" grep -q 'dich' screen
check "the file is there" says 0 'needs a passphrase' at hamburg link inspect second
check "for as long as was said" says 0 '^  Valid +12 h, until' at hamburg link inspect second
check "no line is longer than the terminal" narrow
echo 'öffne dich' >pass
chmod 600 pass
check "its next one proposes the same time" typed 0 link invite acme --passphrase-file pass <<'END'
>[12 h]: 
<30
>.handshake]: 
<third
>it? [Y/n] 
<
END
check "and takes another" says 0 '^  pairing.expires +30 d' at berlin link show acme
check "which is proposed from then on" typed 0 link invite acme --passphrase-file pass <<'END'
>[30]: 
<12 h
>.handshake]: 
<fourth
>it? [Y/n] 
<
END
check "a link that is not there is asked for again" typed 1 link invite <<'END'
>Which link? 
<west-end
>Which link? 
<west
>phrase? [y/N] 
^C
END
check "nothing was made of that" test ! -e west-2.handshake

# ---- link join ----

HANDSEL_HOME=$tmp/hamburg
at hamburg desk new title=Gasket state=open >/dev/null
check "who has not compared the words does not join" typed 1 link join fourth <<'END'
>words? [y/N] 
<
END
check "and is told what to do" shows 'call berlin'
check "nothing was made" prints "" at hamburg link list
check "the file is asked for, and refused if it is none" typed 0 link join <<'END'
>file? 
<items.csv
>file? 
<none
>file? 
<fourth
>words? [y/N] 
<<
>file? [fourth] 
<
>words? [y/N] 
<?
>words? [y/N] 
<y
>partner? [berlin] 
<
>Choose [1]: 
<3
>[berlin-sync]: 
<
>(not shown): 
<öffne dich
>Join? [Y/n] 
<<
>(not shown) [as before]: 
<
>Join? [Y/n] 
<yes
END
refute "the passphrase is not shown while joining" grep -q 'dich' screen
check "who made it is shown first" shows '^Handshake file from site berlin$'
check "and what they propose" shows '^  They propose +key title'
check "the words of their key" shows "^  Their key +$(at berlin link show acme --json | jq -r .words | cut -d ' ' -f 1-4)\$"
check "how many items are here" shows '^  3\) all 1$'
check "what it will make" shows '^  link +berlin: slave of site berlin, by folder, encrypted$'
check "where the answer lies" shows "^        SEND     $tmp/hamburg/links/berlin/exchange/SEND\$"
check "no line is longer than the terminal, again" narrow
check "the link is there" says 0 '^berlin +handshake +slave' at hamburg link list
check "both sites pair" sh -c 'mv hamburg/links/berlin/exchange/SEND/* berlin/links/acme/exchange/RECEIVE/ &&
	"$HANDSEL" --home berlin -q sync acme; mv berlin/links/acme/exchange/SEND/* hamburg/links/berlin/exchange/RECEIVE/ && "$HANDSEL" --home hamburg -q sync berlin'
check "the passphrase was the right one" says 0 '^berlin +running' at hamburg link list
for refused in fourth items.csv; do
	check "$refused is refused before a question" typed 1 link join "$refused" <<'END'
END
	refute "and before anything of it is shown" grep -q 'Their key' screen
done
check "a name that is taken is told, and another one proposed" typed 1 link join west.handshake <<'END'
>words? [y/N] 
<y
>partner? [berlin-2] 
<berlin
>partner? [berlin-2] 
^C
END
HANDSEL_TEST_SHIFT=8000000
export HANDSEL_TEST_SHIFT
check "an expired file is refused before a question" typed 1 link join west.handshake <<'END'
END
refute "its offer is not shown" grep -q 'Their key' screen
unset HANDSEL_TEST_SHIFT
HANDSEL_HOME=$tmp/berlin
check "so is one of the own site" typed 1 link join west.handshake <<'END'
END
refute "nor is its offer" grep -q 'Their key' screen
check "and a paired link invites its partner once more" typed 0 link invite acme --passphrase-file pass --out again.handshake --yes <<'END'
END

# ---- every question is a flag ----

# COMMAND...: prints the flags that its table of questions names.
flags_are_told() {
	"$HANDSEL" help link "$1" >help.text
	for flag in $2; do
		grep -q -e "^  $flag" help.text || { echo "$flag"; return 1; }
	done
	grep -q 'asks on a\|on a terminal' help.text
}

check "the help of link new names the flag of each question" flags_are_told new '--channel --description --scope --user --protect --expires --out --passphrase --yes'
check "that of link invite" flags_are_told invite '--expires --out --passphrase --yes'
check "that of link join" flags_are_told join '--as --scope --user --passphrase --yes'
tap_end
