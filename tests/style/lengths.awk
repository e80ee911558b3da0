# Prints functions and files that are too long.  In the house style a function's name stands in
# column 0 of its own line, its braces in column 0 too, and nothing else has a brace there.

FNR == 1 { inside = 0 }
/^[a-z_][a-zA-Z0-9_]*\(/ && !inside {
	name = $0
	sub(/\(.*/, "", name)
	start = FNR
}
/^\{/ { inside = 1 }
/^\}/ && inside {
	inside = 0
	if (FNR - start > 60)
		print FILENAME ":" start ": " name " has " FNR - start " lines, 60 at most"
}
FNR == 501 { print FILENAME ": has more than 500 lines" }
