# Prints FILE:LINE:CODE without comments and without what stands in quotes, so
# that a word in a text is not taken for a call.

FNR == 1 { comment = 0 }

{
	line = $0
	out = ""
	while (line != "") {
		if (comment) {
			end = index(line, "*/")
			if (!end)
				break
			comment = 0
			line = substr(line, end + 2)
		} else if (match(line, /^(\/\/.*|"(\\.|[^"\\])*"|'(\\.|[^'\\])*')/)) {
			line = substr(line, RLENGTH + 1)
			out = out " "
		} else if (substr(line, 1, 2) == "/*") {
			comment = 1
			line = substr(line, 3)
		} else {
			out = out substr(line, 1, 1)
			line = substr(line, 2)
		}
	}
	if (out ~ /[^ \t]/)
		print FILENAME ":" FNR ":" out
}
