# Reads FILE:LINE:#include "..." or <...> of the project's folders and prints what breaks the table
# of layers.  A folder that is not in the table may neither include nor be included.

BEGIN {
	FS = ":"
	level["base"] = 0
	level["conf"] = level["item"] = level["contract"] = level["net"] = level["pgp"] = level["store"] = 1
	level["spool"] = level["handshake"] = level["sync"] = level["adapter"] = 2
	level["gateway"] = 3
	level["daemon"] = 4
	level["cli"] = 5
}

function folder(path)
{
	sub(/^src\//, "", path)
	sub(/\/.*/, "", path)
	return path
}

function included(line)
{
	sub(/^[^"<]*["<]/, "", line)
	sub(/[">].*/, "", line)
	return line
}

function only(what, pattern, where)
{
	if (name ~ pattern && !((" " where " ") ~ (" " from " ")))
		print $1 ":" $2 ": includes " what ", which only " where " may"
}

{
	from = folder($1)
	name = included($3)
	only("jansson", "^jansson[.]h$", "base")
	only("GPGME", "^gpgme[.]h$", "pgp")
	only("libcurl", "^curl/", "net")
	only("libetpan", "^libetpan/", "spool")
	only("libzip", "^zip[.]h$", "spool")
	only("inotify", "inotify[.]h$", "spool")
	only("SQLite", "^sqlite3[.]h$", "base store adapter")
	only("SQL", "^base/db[.]h$", "base store adapter")
}

$3 ~ /"/ {
	to = folder(name)
	if (!(from in level))
		print $1 ":" $2 ": folder " from " is not in the table of layers"
	else if (!(to in level))
		print $1 ":" $2 ": includes " name ", whose folder is not in the table of layers"
	else if (from != to && level[to] >= level[from])
		print $1 ":" $2 ": " from " must not include " name
}
