/*
 * rand - random bytes from the kernel, behind a seam so that tests can replay them
 */
#pragma once
#include <glib.h>

#define RAND_ID_LEN 26 /* 128 bits in Crockford's base 32, lower case */

/* Fills BUF with LEN bytes fit for keys.  Aborts where the kernel has none to give. */
void rand_bytes(void *buf, gsize len);
/* A fresh 128-bit id, RAND_ID_LEN characters; caller frees. */
char *rand_id(void);
/* BYTES random bytes in lower-case hex; caller frees. */
char *rand_hex(gsize bytes);
/* A number in [0, BOUND); not for keys, only for jitter. */
guint32 rand_below(guint32 bound);
/* Are these exactly RAND_ID_LEN characters of our alphabet? */
gboolean rand_id_valid(const char *id);
/* RAND_ID_LEN characters from the first 128 bits of a digest: ids that two sides draw alike. */
char *rand_id_from(const guint8 *digest16);
/* The 16 bytes behind an id; FALSE if it is none. */
gboolean rand_id_bytes(const char *id, guint8 *ret16);
/* Tests: every later byte comes from a generator seeded with SEED; 0 gives the kernel back. */
void rand_seed(guint32 seed);
