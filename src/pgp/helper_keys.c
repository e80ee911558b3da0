#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "pgp/helper.h"
#include "pgp/pgp.h"

#define NAME_MAX_BYTES 255
#define NO_LIMITS      (GPGME_CREATE_NOPASSWD | GPGME_CREATE_NOEXPIRE)

gboolean
helper_is_fingerprint(const char *text)
{
	return strlen(text) == PGP_FPR_LEN && strspn(text, "0123456789ABCDEF") == PGP_FPR_LEN;
}

/* GPG_ERR_EOF: there is no such key.  The cache owns *RET. */
static gpgme_error_t
find_key(helper *h, const char *fpr, gpgme_key_t *ret)
{
	gpgme_key_t key = g_hash_table_lookup(h->keys, fpr);

	if (key == NULL) {
		if (!helper_is_fingerprint(fpr))
			return gpgme_error(GPG_ERR_EOF);
		gpgme_error_t e = gpgme_get_key(h->gpgme, fpr, &key, 0);
		if (e != 0)
			return e;
		g_hash_table_insert(h->keys, g_strdup(fpr), key);
	}
	*ret = key;
	return 0;
}

gpgme_key_t
helper_key(helper *h, const char *fpr, GError **error)
{
	gpgme_key_t key = NULL;
	gpgme_error_t e = find_key(h, fpr, &key);

	if (gpgme_err_code(e) == GPG_ERR_EOF)
		fail_set(error, FAIL_CONFIG, "key %s is not in the key ring", fpr);
	else if (e != 0)
		helper_failed(error, e, NULL, FAIL_RETRY, "cannot look up a key");
	return key;
}

static gboolean
name_valid(const char *name)
{
	gsize len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || !g_utf8_validate(name, (gssize)len, NULL))
		return FALSE;
	for (const char *p = name; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			return FALSE;
	return TRUE;
}

static gpgme_error_t
add_subkey(helper *h, const char *fpr)
{
	gpgme_key_t key;
	gpgme_error_t e = find_key(h, fpr, &key);

	if (e == 0)
		e = gpgme_op_createsubkey(h->gpgme, key, "cv25519", 0, 0,
					  GPGME_CREATE_ENCR | NO_LIMITS);
	g_hash_table_remove_all(h->keys);
	return e;
}

gboolean
helper_make_key(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	static const char what[] = "cannot make a key";
	const char *name = m->fields[0];

	if (!name_valid(name)) {
		fail_set(error, FAIL_CONFIG,
			 "a key's name has 1 to %d bytes of UTF-8 without control characters",
			 NAME_MAX_BYTES);
		return FALSE;
	}
	/* FORCE: names need not be unique, fingerprints are. */
	gpgme_error_t e = gpgme_op_createkey(h->gpgme, name, "ed25519", 0, 0, NULL,
					     GPGME_CREATE_SIGN | GPGME_CREATE_CERT |
						     GPGME_CREATE_FORCE | NO_LIMITS);
	gpgme_genkey_result_t made = e == 0 ? gpgme_op_genkey_result(h->gpgme) : NULL;
	if (made == NULL || made->fpr == NULL) {
		helper_failed(error, e, NULL, FAIL_RETRY, what);
		return FALSE;
	}
	g_autofree char *fpr = g_strdup(made->fpr);
	e = add_subkey(h, fpr);
	if (e != 0) {
		helper_failed(error, e, NULL, FAIL_RETRY, what);
		return FALSE;
	}
	*ret_text = g_steal_pointer(&fpr);
	return TRUE;
}

gboolean
helper_export(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	helper_sink sink = {.fd = m->fds[0], .left = PGP_KEY_MAX};
	gpgme_key_t keys[] = {helper_key(h, m->fields[0], error), NULL};

	if (keys[0] == NULL)
		return FALSE;
	g_autoptr(helper_data) out = helper_sink_data(&sink, error);
	if (out == NULL)
		return FALSE;
	gpgme_set_armor(h->gpgme, 1);
	gpgme_error_t e = gpgme_op_export_keys(h->gpgme, keys, GPGME_EXPORT_MODE_MINIMAL, out);
	gpgme_set_armor(h->gpgme, 0);
	if (e != 0)
		helper_failed(error, e, &sink, FAIL_RETRY, "cannot export a key");
	return e == 0;
}

/* Will this key do its work for ever?  An expired key can't be encrypted to. */
static gboolean
key_usable(gpgme_key_t key, GError **error)
{
	gboolean can_sign = FALSE, can_encrypt = FALSE;

	for (gpgme_subkey_t s = key->subkeys; s != NULL; s = s->next) {
		if (s->revoked || s->expired || s->disabled || s->invalid || s->expires != 0)
			continue;
		can_sign |= s->can_sign;
		can_encrypt |= s->can_encrypt;
	}
	if (key->secret)
		fail_set(error, FAIL_REJECT, "this is a secret key; give the public one");
	else if (key->protocol != GPGME_PROTOCOL_OpenPGP || key->fpr == NULL ||
		 strlen(key->fpr) != PGP_FPR_LEN)
		fail_set(error, FAIL_REJECT, "this is no OpenPGP key of version 4");
	else if (key->revoked || key->invalid || key->disabled)
		fail_set(error, FAIL_REJECT, "key %s is revoked or invalid", key->fpr);
	else if (key->subkeys->expires != 0)
		fail_set(error, FAIL_REJECT,
			 "key %s expires; a link needs one that does not, as it could not be "
			 "encrypted to one day",
			 key->fpr);
	else if (!can_sign || !can_encrypt)
		fail_set(error, FAIL_REJECT, "key %s cannot %s for ever", key->fpr,
			 can_sign ? "be encrypted to" : "sign");
	else
		return TRUE;
	return FALSE;
}

/* The fingerprint of the one key that FD holds, without taking it in. */
static char *
inspect(helper *h, int fd, GError **error)
{
	g_autoptr(helper_key_ref) first = NULL;
	g_autoptr(helper_data) in = helper_source(fd, error);
	guint n = 0;

	if (in == NULL)
		return NULL;
	gpgme_error_t e = gpgme_op_keylist_from_data_start(h->gpgme, in, 0);
	for (gpgme_key_t key; e == 0 && (e = gpgme_op_keylist_next(h->gpgme, &key)) == 0; n++) {
		if (first == NULL)
			first = key;
		else
			gpgme_key_unref(key);
	}
	gpgme_op_keylist_end(h->gpgme);
	if (gpgme_err_code(e) != GPG_ERR_EOF || n != 1) {
		fail_set(error, FAIL_REJECT, "exactly one OpenPGP key is wanted, not %u", n);
		return NULL;
	}
	return key_usable(first, error) ? g_strdup(first->fpr) : NULL;
}

static gboolean
take_in(helper *h, int fd, const char *fpr, GError **error)
{
	g_autoptr(helper_data) in = helper_source(fd, error);

	if (in == NULL)
		return FALSE;
	gpgme_error_t e = gpgme_op_import(h->gpgme, in);
	if (e != 0) {
		helper_failed(error, e, NULL, FAIL_RETRY, "cannot take in a key");
		return FALSE;
	}
	gpgme_import_result_t r = gpgme_op_import_result(h->gpgme);
	if (r->secret_read != 0 || r->imports == NULL || r->imports->result != 0 ||
	    g_strcmp0(r->imports->fpr, fpr) != 0) {
		fail_set(error, FAIL_REJECT, "key %s cannot be taken in", fpr);
		return FALSE;
	}
	return TRUE;
}

gboolean
helper_import(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	off_t start = lseek(m->fds[0], 0, SEEK_CUR);
	g_autofree char *fpr = inspect(h, m->fds[0], error);

	if (fpr == NULL)
		return FALSE;
	lseek(m->fds[0], start, SEEK_SET);
	gboolean ok = take_in(h, m->fds[0], fpr, error);
	g_hash_table_remove_all(h->keys);
	if (ok)
		*ret_text = g_steal_pointer(&fpr);
	return ok;
}

gboolean
helper_forget(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	const char *fpr = m->fields[0];
	gpgme_key_t key;
	gpgme_error_t e = find_key(h, fpr, &key);

	if (gpgme_err_code(e) == GPG_ERR_EOF)
		return TRUE;
	if (e == 0)
		e = gpgme_op_delete_ext(h->gpgme, key, GPGME_DELETE_FORCE);
	g_hash_table_remove_all(h->keys);
	if (gpgme_err_code(e) == GPG_ERR_CONFLICT)
		fail_set(error, FAIL_CONFIG, "key %s is our own: it stays", fpr);
	else if (e != 0)
		helper_failed(error, e, NULL, FAIL_RETRY, "cannot remove a key");
	return e == 0;
}
