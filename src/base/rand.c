#include "base/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static GRand *replay; /* tests only */

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
rand_bytes(void *buf, gsize len)
{
	guint8 *p = buf;

	if (replay != NULL) {
		for (gsize i = 0; i < len; i++)
			p[i] = (guint8)g_rand_int(replay);
		return;
	}
	while (len > 0) {
		ssize_t n = getrandom(p, MIN(len, 256), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			g_error("no random bytes: %s", g_strerror(errno));
		p += n;
		len -= (gsize)n;
	}
}

char *
rand_id_from(const guint8 *digest16)
{
	char *id = g_malloc(RAND_ID_LEN + 1);
	guint32 acc = 0;
	int bits = 0, at = 0;

	/* 128 bits are 25 groups of five and one of three; the short one comes last. */
	for (int i = 0; i < 16; i++) {
		acc = acc << 8 | digest16[i];
		for (bits += 8; bits >= 5; bits -= 5)
			id[at++] = alphabet[acc >> (bits - 5) & 31];
	}
	id[at++] = alphabet[acc << (5 - bits) & 31];
	id[at] = '\0';
	return id;
}

char *
rand_id(void)
{
	guint8 raw[16];

	rand_bytes(raw, sizeof raw);
	return rand_id_from(raw);
}

char *
rand_hex(gsize bytes)
{
	g_autofree guint8 *raw = g_malloc(bytes);
	char *hex = g_malloc(2 * bytes + 1);

	rand_bytes(raw, bytes);
	for (gsize i = 0; i < bytes; i++)
		g_snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	hex[2 * bytes] = '\0';
	return hex;
}

guint32
rand_below(guint32 bound)
{
	guint32 x;

	rand_bytes(&x, sizeof x);
	return bound == 0 ? 0 : x % bound;
}

gboolean
rand_id_valid(const char *id)
{
	return id != NULL && strlen(id) == RAND_ID_LEN && strspn(id, alphabet) == RAND_ID_LEN;
}

gboolean
rand_id_bytes(const char *id, guint8 *ret16)
{
	guint32 acc = 0;
	int bits = 0, at = 0;

	if (!rand_id_valid(id))
		return FALSE;
	for (int i = 0; i < RAND_ID_LEN; i++) {
		acc = acc << 5 | (guint32)(strchr(alphabet, id[i]) - alphabet);
		bits += 5;
		if (bits >= 8 && at < 16) {
			bits -= 8;
			ret16[at++] = (guint8)(acc >> bits);
		}
	}
	return TRUE;
}

void
rand_seed(guint32 seed)
{
	g_clear_pointer(&replay, g_rand_free);
	if (seed != 0)
		replay = g_rand_new_with_seed(seed);
}
