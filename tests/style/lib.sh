# lib - what the style tests share; source it
#
# ROOT is the tree they look at: the project's, unless a test of the tests says otherwise.

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
root=${STYLE_ROOT:-${srcdir:-$here/../..}}
cd "$root" || exit 99

# The project's C files, those of the given folders, or all.
c_files() {
	[ $# -gt 0 ] || set -- src spool handshake tests
	for folder in "$@"; do
		[ ! -d "$folder" ] || find "$folder" -name '*.[ch]'
	done | LC_ALL=C sort
}

# The code of C files without comments and texts, as FILE:LINE:CODE.
code() {
	xargs awk -f "$here/code.awk"
}

# Prints what it reads and succeeds only when that is nothing.
nothing() {
	! grep .
}
