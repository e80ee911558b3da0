#!/bin/sh
# checks-can-fail - each style check is shown a tree that breaks its rule, and must say so
. "$(dirname "$0")/lib.sh"

bad=$(mktemp -d) || exit 99
trap 'rm -rf "$bad"' EXIT

# Makes FILE of the bad tree from standard input.
bad_file() {
	mkdir -p "$bad/$(dirname "$1")"
	cat >"$bad/$1"
}

# Does style check $1 complain of $2?
complains() {
	STYLE_ROOT=$bad "$here/$1.sh" | grep -E "^# .*$2"
}

long_function() {
	printf 'static void\nendless(void)\n{\n'
	yes '	;' | head -n 59
	printf '}\n'
}

cp .clang-format "$bad"
bad_file src/base/lonely.h <<'X'
#pragma once
gboolean lonely(void);
X
bad_file src/base/lonely.c <<'X'
#include <glib.h>
#include "base/lonely.h"
X
bad_file src/base/up.c <<'X'
#include "store/store.h"
X
bad_file src/conf/side.c <<'X'
#include "item/item.h"
#include <jansson.h>
#include "base/db.h"
X
bad_file src/sync/names.c <<'X'
/* rename(a, b) in a comment and "atoi(x)" in a text are no calls */
const char *text = "atoi(x) fsync(1)"; // printf("x")
int a = atoi (text), b = rename(text, text);
FILE *out = stderr;
void f(void) { printf("x"); }
X
bad_file src/new/new.c <<'X'
#include "base/fail.h"
X
long_function | bad_file src/item/long.c
yes 'int x;' | head -n 501 | bad_file src/item/tall.c
printf '/* see /%s/secret */\n' root | bad_file src/item/place.c
printf '.Dd today\n.Bl -bullet\n.Sh NAME\n.Rs\n.It\n' | bad_file doc/bad.1

check "a header that needs another one is found" complains headers 'lonely.h|gboolean'
check "an own header that is not first is found" complains headers 'lonely.c: first includes'
check "an include that goes up is found" complains layers 'up.c:1: base must not include store'
check "an include of the same level is found" complains layers 'side.c:1: conf must not include item'
check "a library in the wrong folder is found" complains layers 'side.c:2: includes jansson'
check "a database in the wrong folder is found" complains layers 'side.c:3: includes SQL'
check "a folder outside the table is found" complains layers 'folder new is not in the table'
check "a rename outside base is found" complains layers 'names.c:3:'
check "an unsafe call is found" complains calls 'names.c:3:.*atoi'
check "printing in a library is found" complains calls 'names.c:5:'
check "a standard stream in a library is found" complains calls 'names.c:4:'
refute "a comment or a text is not taken for a call" complains calls 'names.c:[12]:'
check "a long function is found" complains lengths 'endless has 61 lines'
check "a long file is found" complains lengths 'tall.c: has more than 500'
check "a private path is found" complains paths 'place.c'
if command -v clang-format-14 >/dev/null; then
	check "a wrong layout is found" complains format 'names.c'
else
	skip "a wrong layout is found" "no clang-format-14 here"
fi
if command -v mandoc >/dev/null; then
	check "a broken man page is found" complains man 'bad.1'
else
	skip "a broken man page is found" "no mandoc here"
fi
tap_end
