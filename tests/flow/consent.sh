#!/bin/sh
# consent - with pairing.confirm the master pairs with nobody before its operator has said yes
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

site anna bert eve || exit 99
at anna link new bert --channel folder --scope all --set pairing.confirm=yes --out paper >/dev/null || exit 99
for joiner in bert eve; do
	at $joiner link join paper --as anna --scope all --yes >/dev/null || exit 99
done

check "nobody waits at first" says 1 'nobody waits' at anna link accept bert
carry bert anna
check "who joined is not paired with" sync_at anna bert
check "the operator is asked" says 3 'waits for your yes.*handsel --home [^ ]*/anna link accept bert' at anna status
check "nothing has left" [ "$(lies_in "$(send_of anna bert)")" -eq 0 ]
check "the same question stays" says 3 'handsel --home [^ ]*/anna link accept bert' at anna status
cp "$(send_of eve anna)"/* "$(receive_of anna bert)/"
check "another who joins meanwhile waits, too" sync_at anna bert
check "the operator says yes, and is shown the key" says 0 "$(at bert link show anna --json | jq -r .fingerprint | cut -c1-4)" \
	at anna link accept bert
check "then the pairing goes on" sync_at anna bert
carry anna bert
check "with the one who was accepted" sync_at bert anna
carry bert anna
check "to its end" sync_at anna bert
check "both run" says 3 '^bert +running' at anna status
check "the other one is refused and told of" says 0 "quarantine .* 403 " at anna spool list bert
at anna desk new title="for bert alone" >/dev/null
settle anna bert
check "and changes travel" same_desks anna bert

tap_end
