#include "handshake/offer.h"

#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/u64.h"
#include "handshake/secret.h"
#include "handshake/shape.h"

#define OFFER_MAJOR   1 /* newer ones can't be read here */
#define NUMBER_MAX    65535
#define SIGNATURE_MAX (16 * 1024)
#define FILE_NAME     "handshake file"

static const shape_member texts[] = {
	{"link", shape_id, G_STRUCT_OFFSET(offer, link)},
	{"id", shape_id, G_STRUCT_OFFSET(offer, id)},
	{"site", shape_site, G_STRUCT_OFFSET(offer, site)},
	{"site_id", shape_id, G_STRUCT_OFFSET(offer, site_id)},
	{"description", shape_text, G_STRUCT_OFFSET(offer, description)},
	{"channel", shape_word, G_STRUCT_OFFSET(offer, channel)},
	{"address", shape_line, G_STRUCT_OFFSET(offer, address), .optional = TRUE},
	{"protect", shape_word, G_STRUCT_OFFSET(offer, protect)},
	{"secret", shape_hash, G_STRUCT_OFFSET(offer, secret)},
	{"salt", shape_salt, G_STRUCT_OFFSET(offer, salt), .optional = TRUE},
	{"master", shape_fpr, G_STRUCT_OFFSET(offer, master)},
	{NULL},
};
static const char *const others[] = {"format", "contract", "made", "expires"};

offer *
offer_new(void)
{
	return g_new0(offer, 1);
}

void
offer_free(offer *o)
{
	if (o == NULL)
		return;
	g_clear_pointer(&o->secret, secret_free);
	shape_clear(texts, o);
	json_decref(o->contract);
	g_free(o->key);
	g_free(o);
}

/* A document with the secret in it: wiped before it goes. */
static void
wipe(json_t *signed_part)
{
	const json_t *j = json_object_get(json_object_get(signed_part, "offer"), "secret");

	if (json_is_string(j))
		explicit_bzero((char *)json_string_value(j), json_string_length(j));
	json_decref(signed_part);
}

typedef json_t secret_json;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(secret_json, wipe)

json_t *
offer_to_json(const offer *o)
{
	json_t *j = json_object(), *part = json_object();

	shape_write(j, texts, o);
	if (o->description == NULL)
		json_put(j, "description", "");
	g_autofree char *format = g_strdup_printf("%u.%u", o->major, o->minor);
	json_put(j, "format", format);
	json_object_set(j, "contract", o->contract);
	g_autofree char *made = clock_stamp(o->made), *expires = clock_stamp(o->expires);
	json_put(j, "made", made);
	json_put(j, "expires", expires);
	json_object_set_new(part, "offer", j);
	json_put(part, "key", o->key);
	return part;
}

char *
offer_hash(const offer *o)
{
	g_autoptr(secret_json) part = offer_to_json(o);
	secret_auto char *text = json_text(part);

	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* A newer version may have changed everything else, so that this is looked at first. */
static gboolean
read_format(const json_t *j, guint *ret_major, guint *ret_minor, GError **error)
{
	const char *text = json_str(j, "format");
	g_auto(GStrv) parts = g_strsplit(text == NULL ? "" : text, ".", 3);
	guint64 major = 0, minor = 0;

	if (g_strv_length(parts) != 2 || !u64_parse(parts[0], NUMBER_MAX, &major) ||
	    !u64_parse(parts[1], NUMBER_MAX, &minor) || major == 0) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME ": \"format\" is missing or malformed");
		return FALSE;
	}
	if (major > OFFER_MAJOR) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME " is of the newer format %s, known here is %d; install a newer "
				   "version here",
			 text, OFFER_MAJOR);
		return FALSE;
	}
	*ret_major = (guint)major;
	*ret_minor = (guint)minor;
	return TRUE;
}

static gboolean
is_known(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		if (g_str_equal(others[i], name))
			return TRUE;
	return shape_has(texts, name);
}

/* What is not understood can't be agreed to: the proof says that both sides saw the same. */
static gboolean
check_members(const json_t *j, GError **error)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)j, name, value) {
		if (is_known(name))
			continue;
		g_autofree char *shown = g_strescape(name, NULL);
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME ": \"%.40s\" is unknown to this version; install a newer "
				   "version here",
			 shown);
		return FALSE;
	}
	return TRUE;
}

static gboolean
read_time(const json_t *j, const char *name, gint64 *ret, GError **error)
{
	const char *text = json_str(j, name);

	if (text != NULL && clock_parse(text, ret))
		return TRUE;
	fail_set(error, REASON_HANDSHAKE_FILE, FILE_NAME ": \"%s\" is missing or not a time", name);
	return FALSE;
}

/* The members that are not plain texts, into O. */
static gboolean
read_others(const json_t *j, offer *o, GError **error)
{
	json_t *contract = json_object_get(j, "contract");

	if (!read_format(j, &o->major, &o->minor, error) ||
	    !read_time(j, "made", &o->made, error) || !read_time(j, "expires", &o->expires, error))
		return FALSE;
	if (!json_is_object(contract)) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME ": \"contract\" is missing or not an object");
		return FALSE;
	}
	if (!g_str_equal(o->protect, "encrypt") && !g_str_equal(o->protect, "sign")) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME ": \"protect\" is neither \"encrypt\" nor \"sign\"");
		return FALSE;
	}
	o->contract = json_incref(contract);
	return TRUE;
}

offer *
offer_from_json(const json_t *part, GError **error)
{
	static const shape_member key[] = {
		{"key", shape_key, G_STRUCT_OFFSET(offer, key)},
		{NULL},
	};
	const json_t *j = json_object_get(part, "offer");
	g_autoptr(offer) o = offer_new();

	if (!shape_read(part, key, o, FILE_NAME, REASON_HANDSHAKE_FILE, error) ||
	    !shape_read(j, texts, o, FILE_NAME ": \"offer\"", REASON_HANDSHAKE_FILE, error) ||
	    !read_others(j, o, error) || !check_members(j, error))
		return NULL;
	return g_steal_pointer(&o);
}

/* Helper and key ring may fail for reasons of their own; only what they say of the file counts. */
static void
blame_file(GError **error, GError *why)
{
	g_autoptr(GError) e = why;

	if (fail_class(e) == FAIL_REJECT || fail_class(e) == FAIL_TRUST)
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME " is damaged or was changed: %s; ask for it again", e->message);
	else
		g_propagate_error(error, g_steal_pointer(&e));
}

/* Is PART signed by the very key it carries, and is that the master's? */
static gboolean
verify(const json_t *part, const char *signature, pgp *scratch, GError **error)
{
	const char *key = json_str(part, "key");
	const char *master = json_str(json_object_get(part, "offer"), "master");
	GError *e = NULL;

	g_autofree char *fpr = pgp_import(scratch, key, strlen(key), &e);
	if (fpr == NULL) {
		blame_file(error, e);
		return FALSE;
	}
	if (g_strcmp0(fpr, master) != 0) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME " names another key than the one it carries; ask for it again");
		return FALSE;
	}
	secret_auto char *text = json_text(part);
	if (!pgp_verify(scratch, text, strlen(text), signature, fpr, &e)) {
		blame_file(error, e);
		return FALSE;
	}
	return TRUE;
}

/* The parts of a whole file, shapes checked as far as needed to verify. */
static gboolean
check_whole(const json_t *file, GError **error)
{
	const json_t *j = json_object_get(file, "offer");
	const char *key = json_str(file, "key"), *signature = json_str(file, "signature");
	guint major, minor;

	if (g_strcmp0(json_str(file, "handsel"), "handshake") != 0) {
		fail_set(error, REASON_HANDSHAKE_FILE, "this is not a handshake file");
		return FALSE;
	}
	if (!json_is_object(j)) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME ": \"offer\" is missing or not an object");
		return FALSE;
	}
	if (!read_format(j, &major, &minor, error))
		return FALSE;
	if (key == NULL || !shape_key(key) || signature == NULL ||
	    strlen(signature) > SIGNATURE_MAX) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME ": \"key\" or \"signature\" is missing or unusable");
		return FALSE;
	}
	if (json_object_size(file) != 4) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME " has members that are not signed; ask for it again");
		return FALSE;
	}
	return TRUE;
}

static json_t *
signed_part(const json_t *file)
{
	json_t *part = json_object();

	json_object_set(part, "offer", json_object_get(file, "offer"));
	json_object_set(part, "key", json_object_get(file, "key"));
	return part;
}

offer *
offer_read(const char *text, gsize len, pgp *scratch, GError **error)
{
	g_autoptr(GError) e = NULL;

	if (len > OFFER_FILE_MAX) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 "this is not a handshake file: it is larger than %d KiB",
			 OFFER_FILE_MAX / 1024);
		return NULL;
	}
	g_autoptr(secret_json) file = json_read(text, len, &e);
	if (file == NULL) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 "this is not a handshake file, or it is damaged: %s", e->message);
		return NULL;
	}
	if (!check_whole(file, error))
		return NULL;
	g_autoptr(json_ref) part = signed_part(file);
	if (!verify(part, json_str(file, "signature"), scratch, error))
		return NULL;
	return offer_from_json(part, error);
}

char *
offer_write(const offer *o, pgp *keys, GError **error)
{
	g_autoptr(secret_json) file = offer_to_json(o);

	/* What could not be read back must not be handed out. */
	g_autoptr(offer) same = offer_from_json(file, error);
	if (same == NULL)
		return NULL;
	secret_auto char *part = json_text(file);
	g_autofree char *signature = pgp_sign(keys, part, strlen(part), o->master, error);
	if (signature == NULL)
		return NULL;
	json_put(file, "handsel", "handshake");
	json_put(file, "signature", signature);
	secret_auto char *text = json_text(file);
	if (strlen(text) >= OFFER_FILE_MAX) {
		fail_set(error, REASON_HANDSHAKE_FILE,
			 FILE_NAME " would be larger than %d KiB; make the contract smaller",
			 OFFER_FILE_MAX / 1024);
		return NULL;
	}
	return g_strconcat(text, "\n", NULL);
}
