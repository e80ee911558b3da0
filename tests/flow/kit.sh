# kit - copies of sites, and envelopes made by hand; source it after lib.sh and says.sh
#
# Anna is the master, Bert the slave.
#
# keep NAME, again NAME     remembers both sites as they are; puts them back
# met                       makes both sites and pairs them, with every item in scope
# reasons SITE LINK         what lies in quarantine: "ID REASON", one a line, sorted
# refused SITE LINK ID N    does ID lie there for reason N?
# idle                      no process that was started for a site of this test is left
# hand SITE LINK GPG-ARG... stock gpg with the key ring of a link
# fpr SITE LINK             the fingerprint of its own key
# named FILE ENVELOPE       the name of ENVELOPE, with the hash that FILE has
# unwrap FILE DIR           opens an envelope of Anna's into DIR
# wrap DIR FILE             makes an envelope of Anna's out of DIR again, with genuine keys

# What is started for these sites bears this in its environment.
HOME=$tmp
export HOME

keep() {
	mkdir -p "$tmp/kept/$1" && cp -a "$tmp/anna" "$tmp/bert" "$tmp/kept/$1/"
}

again() {
	rm -rf "$tmp/anna" "$tmp/bert" && cp -a "$tmp/kept/$1/." "$tmp/"
}

met() {
	site anna bert && pair anna bert --scope all && settle anna bert
}

reasons() {
	at "$1" spool list "$2" --json | jq -r 'select(.where == "quarantine") | "\(.id) \(.reason)"' | sort
}

refused() {
	reasons "$1" "$2" >"$tmp/reasons"
	grep -qx "$3 $4" "$tmp/reasons" || { cat "$tmp/reasons"; return 1; }
}

idle() {
	for idle_try in 1 2 3 4 5 6 7 8 9 10; do
		idle_left=
		for idle_pid in /proc/[0-9]*; do
			idle_name=$(cat "$idle_pid/comm" 2>/dev/null)
			case $idle_name in
			gpg* | handsel* | keyboxd*)
				tr '\0' '\n' <"$idle_pid/environ" 2>/dev/null | grep -qxF "HOME=$tmp" &&
					idle_left="$idle_left $idle_name(${idle_pid#/proc/})"
				;;
			esac
		done
		[ -z "$idle_left" ] && return 0
		sleep 0.5
	done
	echo "left over:$idle_left"
	return 1
}

hand() {
	hand_ring=$tmp/$1/links/$2/keys
	shift 2
	GNUPGHOME=$hand_ring gpg --batch --yes --quiet "$@"
	hand_status=$?
	GNUPGHOME=$hand_ring gpgconf --kill gpg-agent
	return $hand_status
}

fpr() {
	at "$1" link show "$2" --json | text_of fingerprint
}

named() {
	named_hash=$(sha256sum "$1" | cut -c 1-8)
	printf '%s' "$2" | sed "s/-[0-9a-f]\{8\}\.zip\.gpg\$/-$named_hash.zip.gpg/"
}

unwrap() {
	rm -rf "$2"
	mkdir "$2" && hand anna bert --output "$2.zip" --decrypt "$1" 2>/dev/null && unzip -q "$2.zip" -d "$2"
}

wrap() {
	rm -f "$1.zip"
	(cd "$1" && zip -q -X -D -r "$1.zip" manifest.json changes.jsonl files 2>/dev/null)
	hand anna bert --local-user "$(fpr anna bert)" --recipient "$(fpr anna bert)" \
		--recipient "$(fpr bert anna)" --output "$2" --sign --encrypt "$1.zip"
}
