/*
 * secret - scrypt and HMAC, and how secrets are wiped and compared
 *
 * The one place that includes libgcrypt.  For the other files of this folder only.
 */
#pragma once
#include <glib.h>

#define SECRET_MAC_LEN 32 /* bytes of an HMAC-SHA-256 */

/* Wipes and frees; NULL is a no-op. */
void secret_free(char *);
static inline void
secret_free_at(char **s)
{
	secret_free(*s);
}
/* In front of a char *: wiped and freed where it goes out of scope. */
#define secret_auto __attribute__((cleanup(secret_free_at)))

/* LEN bytes from exactly 2 * LEN lower-case hex digits; FALSE for anything else. */
gboolean secret_from_hex(const char *hex, guint8 *ret, gsize len);
/* LEN bytes as lower-case hex; caller frees. */
char *secret_to_hex(const guint8 *bytes, gsize len);
/* Are A and B the same LEN bytes?  Takes equally long wherever they differ. */
gboolean secret_equal(const void *a, const void *b, gsize len);

/* scrypt of RFC 7914 with r = 8: 1024 * N bytes of memory.  RETRY when they are not to be had. */
gboolean secret_scrypt(const char *passphrase, const guint8 *salt, gsize salt_len, guint n, guint p,
		       guint8 *ret, gsize len, GError **error);
/* HMAC-SHA-256 into SECRET_MAC_LEN bytes.  RETRY when memory is missing. */
gboolean secret_mac(const guint8 *key, gsize key_len, const void *data, gsize len, guint8 *ret,
		    GError **error);
