#!/bin/sh
# late - the libraries of mail are loaded where there is mail only, and one that is missing stops that only
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# FILE COMMAND...: what the dynamic linker does for it, and for what it starts.
loads() {
	loads_file=$1
	shift
	LD_DEBUG=files LD_DEBUG_OUTPUT=$tmp/linker "$@" >/dev/null 2>&1
	loads_status=$?
	cat linker.* >"$loads_file"
	rm linker.*
	return $loads_status
}

loaded() {
	grep -q "calling init: /.*$1" "$2"
}

no_mail() {
	loads folder "$HANDSEL" --home anna -q "$1" bert && loaded libsqlite3 folder &&
		! loaded 'lib\(curl\|etpan\|gnutls\|ldap\|ssh\)' folder
}

# A server where nobody listens.
to_mail() {
	at anna link set bert channel=mail mail.address=anna@example.com mail.partner=bert@example.com \
		mail.receive=imaps://anna@localhost:1 mail.send=smtp+starttls://anna@localhost:1 mail.password_file="$tmp/word"
}

# FILE COMMAND...: runs it where that library is an empty file.
lacking() {
	lacking_file=$1
	shift
	unshare $flags sh -c 'mount --bind /dev/null "$1" && shift && exec "$@"' - "$lacking_file" "$@"
}

file_of() {
	sed -n "s,.*calling init: \(/.*$1[^ ]*\)\$,\1,p" "$2" | head -n 1
}

# FILE PATTERN: a pass without it needs somebody, and status says why.
says_without() {
	ends 3 lacking "$1" "$HANDSEL" --home anna sync bert >said || { cat said; return 1; }
	at anna status bert >said
	grep -q "cannot load the library that $2 needs: .*$(basename "$1").*; install it" said || { cat said; return 1; }
}

arrives() {
	at anna link set bert channel=folder && settle anna bert && same_desks anna bert
}

met || exit 99
(umask 077 && echo secret >word)
at anna desk new title=First >/dev/null
check "a pass by folder loads what it needs, and nothing of mail" no_mail sync
check "the link goes over to mail" to_mail
loads mail "$HANDSEL" --home anna sync bert
check "then a pass loads libcurl" loaded libcurl mail
curl=$(file_of libcurl mail)

for flags in -m -rm; do
	unshare $flags sh -c 'mount --bind /dev/null "$1"' - "$curl" 2>/dev/null && break
	flags=
done
if [ -n "$flags" ]; then
	check "a pass that finds no libcurl is told" says_without "$curl" mail
	check "so is one that finds no libetpan" says_without "$(file_of libetpan mail)" IMAP
	check "a link by folder goes on without" lacking "$curl" "$HANDSEL" --home bert -q sync anna
else
	skip "a pass that finds no libcurl is told" "nothing can be mounted"
fi
check "nothing of that is lost" arrives
tap_end
