#!/bin/sh
# terminal - what is asked where somebody can answer, though the command line leaves nothing open
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/typed.sh"
cd "$tmp" || exit 99

site berlin hamburg || exit 99
HANDSEL_HOME=$tmp/berlin
export HANDSEL_HOME

check "a passphrase is asked for twice" typed 0 link new hamburg --channel folder --passphrase <<'END'
>Passphrase: 
<sesame
>Once more: 
<sesame
END
check "the link is made" shows '^Made '
refute "the passphrase is not shown" shows 'sesame'
check "entries that differ are refused" typed 2 link new nord --channel folder --passphrase <<'END'
>Passphrase: 
<sesame
>Once more: 
<other
END
check "so is an empty one" typed 2 link new nord --channel folder --passphrase <<'END'
>Passphrase: 
<
>Once more: 
<
END
check "so is none" typed 2 link new nord --channel folder --passphrase <<'END'
>Passphrase: 
^D
END
check "who presses Ctrl-C leaves" typed 130 link new nord --channel folder --passphrase <<'END'
>Passphrase: 
^C
END
check "no link was made by that" test ! -e berlin/links/nord
HANDSEL_HOME=$tmp/hamburg
check "with --yes the passphrase alone is asked for" typed 0 link join hamburg.handshake --yes <<'END'
>Passphrase of the handshake file: 
<sesame
END
check "the link is there" says 0 '^berlin ' at hamburg link list
check "what removes a link asks" typed 1 link remove berlin --force <<'END'
>[y/N] 
<
END
check "Enter removes nothing" test -e hamburg/links/berlin
tap_end
