# edit_kit - both sides edit and exchange what they edited, while steps are broken; source it after join_kit.sh
#
# id_of SITE TITLE        the number of an item
# edit                    both sides change both items and say something; Anna makes a new one, adds a file
# exchange STEP KIND      edit, and what follows

id_of() {
	at "$1" desk list --json | jq -r --arg t "$2" 'select(.title == $t) | .id'
}

edit() {
	at anna desk set "$(id_of anna Pump)" description=Large >/dev/null &&
		at bert desk set "$(id_of bert Pump)" assignee=bert >/dev/null &&
		at anna desk comment "$(id_of anna Valve)" "Anna was here" >/dev/null &&
		at bert desk comment "$(id_of bert Valve)" "so was Bert" >/dev/null &&
		at anna desk attach "$(id_of anna Pump)" "$tmp/photo" >/dev/null &&
		at anna desk new title=Hose >/dev/null
}

exchange() {
	edit && passes "$1" "$2" anna bert && passes "$1" "$2" bert anna && passes "$1" "$2" anna bert &&
		settle bert anna
}
