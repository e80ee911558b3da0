/*
 * pgp_fake - stands in for the client of handsel-pgp when the simulator is linked
 *
 * Keeps every promise of pgp.h that can be kept without secrets, and needs no process: a key is a
 * random text that whoever has the "public" key knows, too, so that a MAC stands for a signature.
 * The carrier of the simulation does not know it.  A key ring is a directory with one file a key.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "pgp/pgp.h"

#define SECRET_LEN  32 /* hex digits */
#define KEY_FORM    "-----SIMULATED KEY %40[0-9A-F] %32[0-9a-f]-----\n"
#define SEAL_FORM   "SIMULATED %c %40[0-9A-F] %81[0-9A-F,-] %16[0-9a-f] %64[0-9a-f] %64[0-9a-f] %n"
#define HEADER_MAX  512
#define MESSAGE_MAX (64 << 20)

struct pgp {
	int ring;
};

pgp *
pgp_start(const char *home, const char *program G_GNUC_UNUSED, GError **error)
{
	if (!fault_pass("pgp", error) || !fsio_mkdirs(home, 0700, error))
		return NULL;
	int ring = fsio_open_dir(home, error);
	if (ring < 0)
		return NULL;
	pgp *p = g_new(pgp, 1);
	p->ring = ring;
	return p;
}

pgp *
pgp_start_for(const char *home, const char *work G_GNUC_UNUSED, const char *program, GError **error)
{
	return pgp_start(home, program, error);
}

void
pgp_stop(pgp *p)
{
	if (p == NULL)
		return;
	close(p->ring);
	g_free(p);
}

/* ---- keys ---- */

static char *
own_mark(const char *fpr)
{
	return g_strconcat(fpr, ".own", NULL);
}

static gboolean
keep_key(pgp *p, const char *fpr, const char *secret, GError **error)
{
	return fsio_store(p->ring, fpr, secret, strlen(secret), 0600, error);
}

/* *RET is NULL if it is not in the ring; caller frees.  FALSE: who knows, which is no reason to
 * refuse anything. */
static gboolean
secret_of(pgp *p, const char *fpr, char **ret, GError **error)
{
	gsize len;

	*ret = NULL;
	return !fsio_exists(p->ring, fpr) ||
	       (*ret = fsio_read(p->ring, fpr, SECRET_LEN, &len, error)) != NULL;
}

/* The same where it has to be there. */
static char *
own_secret(pgp *p, const char *fpr, GError **error)
{
	char *secret;

	if (secret_of(p, fpr, &secret, error) && secret == NULL)
		fail_set(error, FAIL_CONFIG, "no key %s in the ring", fpr);
	return secret;
}

char *
pgp_make_key(pgp *p, const char *name G_GNUC_UNUSED, GError **error)
{
	g_autofree char *low = rand_hex(PGP_FPR_LEN / 2);
	g_autofree char *fpr = g_ascii_strup(low, -1);
	g_autofree char *secret = rand_hex(SECRET_LEN / 2);
	g_autofree char *own = own_mark(fpr);

	if (!keep_key(p, fpr, secret, error) || !fsio_store(p->ring, own, "", 0, 0600, error))
		return NULL;
	return g_steal_pointer(&fpr);
}

char *
pgp_export(pgp *p, const char *fpr, GError **error)
{
	g_autofree char *secret = own_secret(p, fpr, error);

	return secret == NULL ? NULL
			      : g_strdup_printf("-----SIMULATED KEY %s %s-----\n", fpr, secret);
}

char *
pgp_import(pgp *p, const char *key, gsize len, GError **error)
{
	char fpr[PGP_FPR_LEN + 1], secret[SECRET_LEN + 1];
	g_autofree char *text = g_strndup(key, MIN(len, PGP_KEY_MAX));

	if (sscanf(text, KEY_FORM, fpr, secret) != 2 || strlen(fpr) != PGP_FPR_LEN ||
	    strlen(secret) != SECRET_LEN) {
		fail_set(error, FAIL_REJECT, "this is no key");
		return NULL;
	}
	return keep_key(p, fpr, secret, error) ? g_strdup(fpr) : NULL;
}

gboolean
pgp_forget(pgp *p, const char *fpr, GError **error)
{
	g_autofree char *own = own_mark(fpr);

	if (faccessat(p->ring, own, F_OK, 0) == 0) {
		fail_set(error, FAIL_CONFIG, "key %s is our own: it stays", fpr);
		return FALSE;
	}
	return fsio_remove(p->ring, fpr, error);
}

/* ---- messages ---- */

/* Nothing of the plain text can be found in what is sealed. */
static void
scramble(char *data, gsize len, const char *nonce)
{
	guint64 x = g_ascii_strtoull(nonce, NULL, 16) | 1;

	for (gsize i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		data[i] = (char)(data[i] ^ (char)(x >> 32));
	}
}

static char *
mac_of(const char *secret, const char *who, const char *sum)
{
	g_autofree char *said = g_strconcat(who, " ", sum, NULL);

	return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guint8 *)secret, strlen(secret),
					 said, -1);
}

static char *
read_all(int fd, gsize *ret_len, GError **error)
{
	off_t at = lseek(fd, 0, SEEK_CUR), end = lseek(fd, 0, SEEK_END);

	if (at < 0 || end < at || end - at > MESSAGE_MAX) {
		fail_set(error, FAIL_RETRY, "cannot read what is to be sealed or opened");
		return NULL;
	}
	gsize len = (gsize)(end - at);
	g_autofree char *data = g_malloc(len + 1);
	if (pread(fd, data, len, at) != (ssize_t)len) {
		fail_set(error, FAIL_RETRY, "cannot read what is to be sealed or opened");
		return NULL;
	}
	data[len] = '\0';
	*ret_len = len;
	return g_steal_pointer(&data);
}

gboolean
pgp_seal(pgp *p, int in, int out, const char *signer, const char *const *recipients, GError **error)
{
	gsize len;

	if (!fault_pass("pgp", error))
		return FALSE;
	g_autofree char *data = read_all(in, &len, error);
	g_autofree char *secret = data == NULL ? NULL : own_secret(p, signer, error);
	g_autofree char *nonce = rand_hex(8);
	g_autofree char *to =
		recipients == NULL ? g_strdup("-") : g_strjoinv(",", (char **)recipients);
	if (secret == NULL)
		return FALSE;
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guint8 *)data, len);
	g_autofree char *mac = mac_of(secret, to, sum);
	scramble(data, len, nonce);
	g_autofree char *header =
		g_strdup_printf("SIMULATED %c %s %s %s %s %s\n", recipients == NULL ? 'S' : 'E',
				signer, to, nonce, sum, mac);
	return fsio_write_all(out, header, strlen(header), error) &&
	       fsio_write_all(out, data, len, error);
}

typedef struct {
	char form, signer[PGP_FPR_LEN + 1], to[2 * PGP_FPR_LEN + 2], nonce[17], sum[65], mac[65];
	char *plain; /* in the message */
	gsize len;
} sealed;

/* Takes DATA apart and makes its text plain; FALSE: no message, or a damaged one. */
static gboolean
take_apart(char *data, gsize len, sealed *ret)
{
	g_autofree char *head = g_strndup(data, MIN(len, HEADER_MAX));
	int used = 0;

	if (sscanf(head, SEAL_FORM, &ret->form, ret->signer, ret->to, ret->nonce, ret->sum,
		   ret->mac, &used) != 6 ||
	    memchr(data, '\n', len) == NULL)
		return FALSE;
	ret->plain = (char *)memchr(data, '\n', len) + 1;
	ret->len = len - (gsize)(ret->plain - data);
	scramble(ret->plain, ret->len, ret->nonce);
	g_autofree char *sum =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guint8 *)ret->plain, ret->len);
	return strcmp(sum, ret->sum) == 0;
}

static gboolean
is_for_us(pgp *p, const sealed *m)
{
	g_auto(GStrv) all = g_strsplit(m->to, ",", 0);

	for (guint i = 0; all[i] != NULL; i++) {
		g_autofree char *own = own_mark(all[i]);
		if (fsio_exists(p->ring, own))
			return TRUE;
	}
	return FALSE;
}

/* 0, or the reason for which M is refused, as far as that needs no key. */
static int
judge(pgp *p, const sealed *m, pgp_protect protect, const char *const *signers, guint64 limit)
{
	if (m->form == 'E' && !is_for_us(p, m))
		return REASON_CANNOT_DECRYPT;
	if ((m->form == 'E') != (protect == PGP_ENCRYPT))
		return REASON_PROTECTION;
	if (m->len > limit)
		return REASON_BOMB;
	return signers == NULL || g_strv_contains(signers, m->signer) ? 0 : REASON_UNKNOWN_SIGNER;
}

static gboolean
check_mac(pgp *p, const sealed *m, int *ret_why, GError **error)
{
	g_autofree char *secret = NULL;

	if (!secret_of(p, m->signer, &secret, error))
		return FALSE;
	g_autofree char *mac = secret == NULL ? NULL : mac_of(secret, m->to, m->sum);
	*ret_why = g_strcmp0(mac, m->mac) == 0 ? 0 : REASON_BAD_SIGNATURE;
	return TRUE;
}

static gboolean
open_message(pgp *p, int in, int out, pgp_protect protect, const char *const *signers,
	     guint64 limit, char **ret_signer, GError **error)
{
	sealed m;
	gsize len;

	if (!fault_pass("pgp", error))
		return FALSE;
	g_autofree char *data = read_all(in, &len, error);
	if (data == NULL)
		return FALSE;
	int why = !take_apart(data, len, &m)
			  ? protect == PGP_ENCRYPT ? REASON_CANNOT_DECRYPT : REASON_BAD_SIGNATURE
			  : judge(p, &m, protect, signers, limit);
	if (why == 0 && signers != NULL && !check_mac(p, &m, &why, error))
		return FALSE;
	if (why != 0) {
		fail_set(error, why, "%s", reason_of(why)->text);
		return FALSE;
	}
	if (!fsio_write_all(out, m.plain, m.len, error))
		return FALSE;
	if (ret_signer != NULL)
		*ret_signer = g_strdup(m.signer);
	return TRUE;
}

gboolean
pgp_unseal(pgp *p, int in, int out, pgp_protect protect, const char *const *signers, guint64 limit,
	   char **ret_signer, GError **error)
{
	return open_message(p, in, out, protect, signers, limit, ret_signer, error);
}

gboolean
pgp_decrypt(pgp *p, int in, int out, guint64 limit, GError **error)
{
	return open_message(p, in, out, PGP_ENCRYPT, NULL, limit, NULL, error);
}

static gboolean
unseal_file(pgp *p, int dir, const char *name, pgp_protect protect, const char *const *signers,
	    guint64 limit)
{
	g_autofree char *from = g_strconcat(name, ".gpg", NULL);
	int in = openat(dir, from, O_RDONLY | O_CLOEXEC);
	int out = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	gboolean ok = in >= 0 && out >= 0 &&
		      open_message(p, in, out, protect, signers, limit, NULL, NULL);

	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (!ok)
		unlinkat(dir, name, 0);
	return ok;
}

gboolean
pgp_unseal_many(pgp *p, int dir, const char *const *names, guint n, pgp_protect protect,
		const char *const *signers, guint64 limit, gboolean *ret_opened, GError **error)
{
	if (!fault_pass("pgp", error))
		return FALSE;
	for (guint i = 0; i < n; i++)
		ret_opened[i] = unseal_file(p, dir, names[i], protect, signers, limit);
	return TRUE;
}

/* ---- detached signatures ---- */

static char *
signature_of(const char *data, gsize len, const char *secret)
{
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guint8 *)data, len);
	g_autofree char *mac = mac_of(secret, "-", sum);

	return g_strdup_printf("-----SIMULATED SIGNATURE %s-----\n", mac);
}

char *
pgp_sign(pgp *p, const char *data, gsize len, const char *signer, GError **error)
{
	g_autofree char *secret = own_secret(p, signer, error);

	return secret == NULL ? NULL : signature_of(data, len, secret);
}

gboolean
pgp_verify(pgp *p, const char *data, gsize len, const char *signature, const char *fpr,
	   GError **error)
{
	g_autofree char *secret = NULL;

	if (!secret_of(p, fpr, &secret, error))
		return FALSE;
	g_autofree char *right = secret == NULL ? NULL : signature_of(data, len, secret);
	if (g_strcmp0(right, signature) == 0)
		return TRUE;
	fail_set(error, right == NULL ? REASON_UNKNOWN_SIGNER : REASON_BAD_SIGNATURE,
		 "the signature is not by %s", fpr);
	return FALSE;
}
