/*
 * fuzz - what the targets share
 *
 * A target hands bytes to one parser and asserts what must hold whatever they are.  libFuzzer and
 * AFL++ bring the main function; fuzz_main.c is another, which replays files.
 */
#pragma once
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "base/fail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file with these bytes under a name in a directory of this process, which goes with it; 0600.
 * Borrowed, valid until the next call. */
const char *fuzz_path(const void *data, gsize size);
/* A file of that directory, empty or left over by a run before; caller frees. */
char *fuzz_place(const char *name);
/* What failed says why: a reason of ours, in valid UTF-8. */
void fuzz_refused(const GError *);
/* OK and no error, or refused.  By reference, since OK may be the call that sets it. */
void fuzz_outcome(gboolean ok, GError *const *why);
/* A text with a NUL behind; caller frees.  It may hold others. */
char *fuzz_text(const uint8_t *data, size_t size);
