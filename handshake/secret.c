#include "handshake/secret.h"

#include <gcrypt.h>
#include <string.h>

#include "base/fail.h"

void
secret_free(char *s)
{
	if (s == NULL)
		return;
	explicit_bzero(s, strlen(s));
	g_free(s);
}

static int
hex_value(char c)
{
	return g_ascii_isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

gboolean
secret_from_hex(const char *hex, guint8 *ret, gsize len)
{
	if (hex == NULL || strlen(hex) != 2 * len)
		return FALSE;
	for (gsize i = 0; i < 2 * len; i++)
		if (hex_value(hex[i]) < 0)
			return FALSE;
	for (gsize i = 0; i < len; i++)
		ret[i] = (guint8)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
	return TRUE;
}

char *
secret_to_hex(const guint8 *bytes, gsize len)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = g_malloc(2 * len + 1);

	for (gsize i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * len] = '\0';
	return hex;
}

gboolean
secret_equal(const void *a, const void *b, gsize len)
{
	const volatile guint8 *x = a, *y = b;
	guint8 differ = 0;

	for (gsize i = 0; i < len; i++)
		differ |= x[i] ^ y[i];
	return differ == 0;
}

/* Must come before any other call of the library. */
static void
begin(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
		if (gcry_check_version(GCRYPT_VERSION) == NULL)
			g_error("libgcrypt is older than the one this was built with");
		/* Its locked pool prints a warning where locking is not allowed. */
		gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
		gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	}
	g_once_init_leave(&done, 1);
}

gboolean
secret_scrypt(const char *passphrase, const guint8 *salt, gsize salt_len, guint n, guint p,
	      guint8 *ret, gsize len, GError **error)
{
	begin();
	gcry_error_t e = gcry_kdf_derive(passphrase, strlen(passphrase), GCRY_KDF_SCRYPT, (int)n,
					 salt, salt_len, p, len, ret);
	if (e == 0)
		return TRUE;
	fail_set(error, FAIL_RETRY, "the passphrase can't be worked on: %s", gcry_strerror(e));
	return FALSE;
}

gboolean
secret_mac(const guint8 *key, gsize key_len, const void *data, gsize len, guint8 *ret,
	   GError **error)
{
	/* The library takes the key as the first buffer; it writes to none. */
	gcry_buffer_t buffers[2] = {
		{.len = key_len, .data = (void *)key},
		{.len = len, .data = (void *)data},
	};

	begin();
	gcry_error_t e = gcry_md_hash_buffers(GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC, ret, buffers, 2);
	if (e == 0)
		return TRUE;
	fail_set(error, FAIL_RETRY, "the proof can't be worked out: %s", gcry_strerror(e));
	return FALSE;
}
