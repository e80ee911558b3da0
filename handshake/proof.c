#include "handshake/proof.h"

#include <string.h>

#include "base/fail.h"
#include "handshake/secret.h"

#define SECRET_LEN     32
#define SCRYPT_N       32768
#define SCRYPT_P       1
#define SALT_MAX       64 /* bytes */
#define PASSPHRASE_MAX 1024

/* Preceded by its length as 8 bytes, the highest first, so that no two lists of parts read alike.
 */
static void
add_part(GByteArray *to, const char *part)
{
	gsize len = part == NULL ? 0 : strlen(part);
	guint64 prefix = GUINT64_TO_BE((guint64)len);

	g_byte_array_append(to, (const guint8 *)&prefix, sizeof prefix);
	g_byte_array_append(to, (const guint8 *)part, (guint)len);
}

/* KEY begins as K and becomes K'. */
static gboolean
mix_passphrase(guint8 *key, const char *passphrase_key, GError **error)
{
	guint8 derived[SECRET_LEN], mixed[SECRET_MAC_LEN];

	if (!secret_from_hex(passphrase_key, derived, sizeof derived)) {
		fail_set(error, FAIL_BUG, "the key of the passphrase is missing or malformed");
		return FALSE;
	}
	gboolean ok = secret_mac(key, SECRET_LEN, derived, sizeof derived, mixed, error);
	if (ok)
		memcpy(key, mixed, SECRET_LEN);
	explicit_bzero(derived, sizeof derived);
	explicit_bzero(mixed, sizeof mixed);
	return ok;
}

static gboolean
make_key(const offer *o, const char *passphrase_key, guint8 *ret, GError **error)
{
	if (!secret_from_hex(o->secret, ret, SECRET_LEN)) {
		fail_set(error, FAIL_BUG, "the secret of the offer is missing or malformed");
		return FALSE;
	}
	return o->salt == NULL || mix_passphrase(ret, passphrase_key, error);
}

char *
proof_make(const offer *o, const proof_parts *parts, const char *passphrase_key, GError **error)
{
	g_autofree char *file = offer_hash(o);
	const char *const list[] = {
		"handsel-pair-1", o->link,   o->id,          parts->master,
		parts->slave,     parts->ns, parts->address, file,
	};
	g_autoptr(GByteArray) message = g_byte_array_new();
	guint8 key[SECRET_LEN] = {0}, mac[SECRET_MAC_LEN];

	for (gsize i = 0; i < G_N_ELEMENTS(list); i++)
		add_part(message, list[i]);
	gboolean ok = make_key(o, passphrase_key, key, error) &&
		      secret_mac(key, sizeof key, message->data, message->len, mac, error);
	explicit_bzero(key, sizeof key);
	return ok ? secret_to_hex(mac, sizeof mac) : NULL;
}

/* Is a passphrase there exactly when one is wanted, and usable? */
static gboolean
check_passphrase(const offer *o, const char *passphrase, GError **error)
{
	if (o->salt == NULL && passphrase != NULL)
		fail_set(error, REASON_PASSPHRASE,
			 "the handshake file has no passphrase; join without one");
	else if (o->salt != NULL && (passphrase == NULL || *passphrase == '\0'))
		fail_set(error, REASON_PASSPHRASE,
			 "the handshake file wants its passphrase; ask who made it");
	else if (passphrase != NULL && strlen(passphrase) > PASSPHRASE_MAX)
		fail_set(error, REASON_PASSPHRASE, "the passphrase is longer than %d bytes",
			 PASSPHRASE_MAX);
	else
		return TRUE;
	return FALSE;
}

gboolean
proof_passphrase_key(const offer *o, const char *passphrase, char **ret, GError **error)
{
	guint8 salt[SALT_MAX], derived[SECRET_LEN];

	if (!check_passphrase(o, passphrase, error))
		return FALSE;
	if (passphrase == NULL) {
		*ret = NULL;
		return TRUE;
	}
	gsize len = strlen(o->salt) / 2;
	if (len > sizeof salt || !secret_from_hex(o->salt, salt, len)) {
		fail_set(error, FAIL_BUG, "the salt of the offer is malformed");
		return FALSE;
	}
	gboolean ok = secret_scrypt(passphrase, salt, len, SCRYPT_N, SCRYPT_P, derived,
				    sizeof derived, error);
	if (ok)
		*ret = secret_to_hex(derived, sizeof derived);
	explicit_bzero(derived, sizeof derived);
	return ok;
}

gboolean
proof_equal(const char *a, const char *b)
{
	return a != NULL && b != NULL && strlen(a) == PROOF_LEN && strlen(b) == PROOF_LEN &&
	       secret_equal(a, b, PROOF_LEN);
}

char *
proof_words(const char *link, const char *master, const char *slave, const char *ns, const char *nm)
{
	const char *const list[] = {"handsel-words-1", link, master, slave, ns, nm};
	g_autoptr(GByteArray) message = g_byte_array_new();
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize len = sizeof digest;

	for (gsize i = 0; i < G_N_ELEMENTS(list); i++)
		add_part(message, list[i]);
	g_checksum_update(sum, message->data, (gssize)message->len);
	g_checksum_get_digest(sum, digest, &len);
	return pgp_words(digest, PROOF_WORDS);
}
