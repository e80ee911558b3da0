#!/bin/sh
# What others may read or change is refused, each by one error that tells the command that closes it;
# after that command all goes on.
. "${srcdir:-.}/tests/tap.sh"
. "${srcdir:-.}/tests/flow/lib.sh"
cd "$tmp" || exit 99

# refused TEXT COMMAND...: it fails by one error, in which TEXT is.
refused() {
	refused_text=$1
	shift
	"$@" >out 2>err && { echo "it was done"; return 1; }
	cat err
	grep -qF "$refused_text" err && [ "$(grep -c '^handsel: ' err)" -eq 1 ]
}

# Does as the hint of the last refusal says.
obey() {
	sh -c "$(sed -n 's/^hint: //p' err)"
}

site anna bert || exit 99
pair anna bert --scope all || exit 99
links=anna/links/bert

check "a home is made for its user alone" test "$(stat -c %a anna)" = 700
check "so is a database" test "$(stat -c %a $links/state.db)$(stat -c %a anna/desk.db)" = 600600

chmod g+w anna
check "a home that a group can write to is refused" refused 'may change what is in it' at anna status
check "by sync as well" refused 'may change what is in it' at anna sync
check "and by run" refused 'may change what is in it' timeout 20 "$HANDSEL" --home "$tmp/anna" run
obey
check "after the chmod that is told it opens" at anna status
chmod 755 anna
check "a home that others can merely look into opens" at anna status
chmod 700 anna
ln -s anna other
check "so does one that is reached by a symbolic link" "$HANDSEL" --home "$tmp/other" status

for file in $links/state.db anna/desk.db; do
	chmod 640 $file
	check "${file##*/} that a group can read is refused" refused 'others than its owner may read it' at anna sync bert
	check "${file##*/} is left as it is, so that the operator sees it" test "$(stat -c %a $file)" = 640
	obey
	check "after the chmod that is told, ${file##*/} is used again" at anna sync bert
done
chmod 606 $links/state.db
check "who only looks is told, too" refused 'others than its owner may read and change it' at anna log bert
obey
: >$links/state.db-wal
chmod 644 $links/state.db-wal
check "so is what SQLite keeps beside it" refused 'state.db-wal: others than its owner may read it' at anna sync bert
obey
check "until that is closed" at anna sync bert

chmod 644 $links/link.conf
check "link.conf that others can read is refused" refused 'others than its owner may read it' at anna sync bert
check "and status tells the command" sh -c '"$HANDSEL" --home anna status | grep -F "may read it; chmod 600 "'
obey
chmod 664 anna/handsel.conf
check "handsel.conf that a group can change is refused" refused 'others than its owner may change it' at anna status
obey
check "after that all is well" at anna status bert

# ---- passphrases ----

invite() {
	at anna link invite bert --yes --out "again-$#" --passphrase-file "$@"
}

echo 'open sesame' >pass
chmod 640 pass
check "a passphrase that others can read is refused" refused 'others than its owner may read it' invite pass
check "and no handshake file is made" test ! -e again-1
obey
check "one that is private is taken" invite pass
rm -f again-1
mkfifo -m 644 fifo
by_fifo() {
	echo 'open sesame' >fifo &
	invite fifo
}
check "so is one from a FIFO" by_fifo
rm -f again-1
by_descriptor() {
	{ echo 'open sesame' | invite /dev/fd/5 5<&0; }
}
check "and one from a pipe of the shell" by_descriptor

# ---- other users ----

if [ "$(id -u)" -ne 0 ] || ! setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	skip "another user's site is refused" "only root can become somebody else"
	skip "root may look into a site that is a user's" "only root can become somebody else"
else
	chmod 755 "$tmp" anna
	chmod 644 anna/handsel.conf
	chown 65533 anna
	check "another user's site is refused" refused 'belongs to another user (uid 65533)' \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$HANDSEL" --home "$tmp/anna" status
	check "root may look into a site that is a user's" at anna status bert
fi
tap_end
