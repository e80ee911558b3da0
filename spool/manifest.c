#include "spool/manifest.h"

#include <string.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "base/u64.h"

#define FPR_LEN 40

/* Which kinds count in the sequence of numbers. */
typedef enum { NUMBERED, UNNUMBERED, EITHER } numbering;

static const struct {
	const char *name;
	numbering numbering;
} kinds[KIND_COUNT] = {
	[KIND_HANDSHAKE] = {"handshake", NUMBERED}, [KIND_PING] = {"ping", NUMBERED},
	[KIND_REFUSED] = {"refused", UNNUMBERED},   [KIND_CONTRACT] = {"contract", NUMBERED},
	[KIND_CHANGES] = {"changes", NUMBERED},     [KIND_ACK] = {"ack", UNNUMBERED},
	[KIND_VOID] = {"void", NUMBERED},           [KIND_REBASE] = {"rebase", UNNUMBERED},
	[KIND_REKEY] = {"rekey", NUMBERED},         [KIND_BYE] = {"bye", EITHER},
};

const char *
kind_name(envelope_kind kind)
{
	return kinds[kind].name;
}

gboolean
kind_from_name(const char *name, envelope_kind *ret)
{
	for (guint i = 0; i < KIND_COUNT; i++) {
		if (g_str_equal(kinds[i].name, name)) {
			*ret = (envelope_kind)i;
			return TRUE;
		}
	}
	return FALSE;
}

manifest *
manifest_new(void)
{
	manifest *m = g_new0(manifest, 1);

	m->major = MANIFEST_MAJOR;
	m->minor = MANIFEST_MINOR;
	return m;
}

void
manifest_free(manifest *m)
{
	if (m == NULL)
		return;
	g_free(m->link);
	g_free(m->from);
	g_free(m->to);
	g_free(m->epoch);
	g_free(m->with);
	g_free(m->prev);
	g_free(m->for_hash);
	g_free(m->contract);
	g_free(m->ack.hash);
	json_decref(m->body);
	g_free(m);
}

static void
put_number(json_t *j, const char *key, guint64 number)
{
	json_object_set_new(j, key, json_integer((json_int_t)number));
}

static json_t *
ack_to_json(const manifest_ack *ack)
{
	json_t *j = json_object();
	json_t *gaps = json_array();

	put_number(j, "serial", ack->serial);
	put_number(j, "heard", ack->heard);
	put_number(j, "stored", ack->stored);
	put_number(j, "done", ack->done);
	json_put(j, "hash", ack->hash);
	if (ack->has_at)
		put_number(j, "at", ack->at);
	for (guint i = 0; i < ack->gaps_len; i++) {
		json_t *gap = json_array();

		json_array_append_new(gap, json_integer((json_int_t)ack->gaps[i].first));
		json_array_append_new(gap, json_integer((json_int_t)ack->gaps[i].last));
		json_array_append_new(gaps, gap);
	}
	json_object_set_new(j, "gaps", gaps);
	return j;
}

json_t *
manifest_to_json(const manifest *m)
{
	json_t *j = json_object();
	g_autofree char *format = g_strdup_printf("%u.%u", m->major, m->minor);

	json_put(j, "format", format);
	json_put(j, "link", m->link);
	json_put(j, "from", m->from);
	json_put(j, "to", m->to);
	json_put(j, "role", m->role == 'm' ? "master" : "slave");
	json_put(j, "epoch", m->epoch);
	json_put(j, "with", m->with);
	json_put(j, "kind", kind_name(m->kind));
	if (m->number > 0)
		put_number(j, "number", m->number);
	json_put(j, "prev", m->prev);
	json_put(j, "for", m->for_hash);
	json_put(j, "contract", m->contract);
	json_put(j, "protect", m->encrypted ? "encrypt" : "sign");
	put_number(j, "key_from", m->key_from);
	if (m->has_ack)
		json_object_set_new(j, "ack", ack_to_json(&m->ack));
	if (m->body != NULL)
		json_object_set(j, "body", m->body);
	return j;
}

/* Always FALSE.  WHAT says what is wrong with member KEY. */
static gboolean
malformed(GError **error, const char *key, const char *what)
{
	fail_set(error, REASON_MANIFEST, "manifest: \"%s\" %s", key, what);
	return FALSE;
}

static gboolean
is_hex(const char *text, gsize len, const char *digits)
{
	return strlen(text) == len && strspn(text, digits) == len;
}

static gboolean
is_sha(const char *text)
{
	return is_hex(text, FSIO_SHA_LEN, "0123456789abcdef");
}

static gboolean
is_fpr(const char *text)
{
	return is_hex(text, FPR_LEN, "0123456789ABCDEF");
}

typedef enum { OPTIONAL, REQUIRED } presence;

static gboolean
take_text(const json_t *j, const char *key, presence presence, gboolean (*valid)(const char *),
	  char **ret, GError **error)
{
	const json_t *member = json_object_get(j, key);

	if (member == NULL)
		return presence == OPTIONAL || malformed(error, key, "is missing");
	if (!json_is_string(member) || !valid(json_string_value(member)))
		return malformed(error, key, "is malformed");
	*ret = g_strdup(json_string_value(member));
	return TRUE;
}

static gboolean
take_number(const json_t *j, const char *key, presence presence, guint64 *ret, GError **error)
{
	if (json_object_get(j, key) == NULL)
		return presence == OPTIONAL || malformed(error, key, "is missing");
	if (!json_u64(j, key, ret))
		return malformed(error, key, "is no number");
	return TRUE;
}

static gboolean
take_format(const json_t *j, manifest *m, GError **error)
{
	const char *text = json_str(j, "format");
	g_auto(GStrv) parts = text == NULL ? NULL : g_strsplit(text, ".", 3);
	guint64 major, minor;

	if (parts == NULL || g_strv_length(parts) != 2 || !u64_parse(parts[0], G_MAXUINT, &major) ||
	    !u64_parse(parts[1], G_MAXUINT, &minor) || major == 0)
		return malformed(error, "format", "is missing or malformed");
	if (major > MANIFEST_MAJOR) {
		fail_set(error, REASON_FORMAT,
			 "format %s is newer than %d.%d; upgrade handsel on this side", text,
			 MANIFEST_MAJOR, MANIFEST_MINOR);
		return FALSE;
	}
	m->major = (guint)major;
	m->minor = (guint)minor;
	return TRUE;
}

/* One of two words: *RET tells whether it is YES. */
static gboolean
take_choice(const json_t *j, const char *key, const char *yes, const char *no, gboolean *ret,
	    GError **error)
{
	const char *text = json_str(j, key);

	if (text == NULL || (!g_str_equal(text, yes) && !g_str_equal(text, no)))
		return malformed(error, key, "is missing or malformed");
	*ret = g_str_equal(text, yes);
	return TRUE;
}

static gboolean
take_kind(const json_t *j, manifest *m, GError **error)
{
	const char *text = json_str(j, "kind");

	if (text == NULL)
		return malformed(error, "kind", "is missing or malformed");
	if (kind_from_name(text, &m->kind))
		return TRUE;
	fail_set(error, REASON_KIND, "manifest: kind \"%.32s\" is unknown", text);
	return FALSE;
}

static gboolean
take_gap(const json_t *j, guint64 above, number_range *ret)
{
	const json_t *first = json_array_get(j, 0);
	const json_t *last = json_array_get(j, 1);

	if (json_array_size(j) != 2 || !json_is_integer(first) || !json_is_integer(last) ||
	    json_integer_value(first) < 0)
		return FALSE;
	ret->first = (guint64)json_integer_value(first);
	ret->last = (guint64)json_integer_value(last);
	return ret->first > above && json_integer_value(last) >= json_integer_value(first);
}

/* They ascend, and lie above what is stored without a hole. */
static gboolean
take_gaps(const json_t *j, manifest_ack *ack, GError **error)
{
	const json_t *gaps = json_object_get(j, "gaps");
	guint64 above = ack->stored;

	if (gaps == NULL)
		return TRUE;
	if (!json_is_array(gaps) || json_array_size(gaps) > MANIFEST_GAPS_MAX)
		return malformed(error, "gaps", "is malformed");
	for (gsize i = 0; i < json_array_size(gaps); i++) {
		if (!take_gap(json_array_get(gaps, i), above, &ack->gaps[i]))
			return malformed(error, "gaps", "is malformed");
		above = ack->gaps[i].last;
	}
	ack->gaps_len = (guint)json_array_size(gaps);
	return TRUE;
}

static gboolean
take_ack(const json_t *j, manifest *m, GError **error)
{
	const json_t *a = json_object_get(j, "ack");
	manifest_ack *ack = &m->ack;

	if (a == NULL)
		return m->kind != KIND_ACK || malformed(error, "ack", "is missing");
	if (!json_is_object(a))
		return malformed(error, "ack", "is no object");
	if (!take_number(a, "serial", REQUIRED, &ack->serial, error) ||
	    !take_number(a, "heard", REQUIRED, &ack->heard, error) ||
	    !take_number(a, "stored", REQUIRED, &ack->stored, error) ||
	    !take_number(a, "done", REQUIRED, &ack->done, error) ||
	    !take_text(a, "hash", OPTIONAL, is_sha, &ack->hash, error) ||
	    !take_number(a, "at", OPTIONAL, &ack->at, error) || !take_gaps(a, ack, error))
		return FALSE;
	ack->has_at = json_object_get(a, "at") != NULL;
	m->has_ack = TRUE;
	if ((ack->hash != NULL) != (ack->done > 0))
		return malformed(error, "hash", "does not fit done");
	if (ack->done > ack->stored)
		return malformed(error, "done", "is beyond stored");
	return TRUE;
}

static gboolean
take_parties(const json_t *j, manifest *m, GError **error)
{
	gboolean master;

	if (!take_text(j, "link", REQUIRED, rand_id_valid, &m->link, error) ||
	    !take_text(j, "from", REQUIRED, is_fpr, &m->from, error) ||
	    !take_text(j, "to", OPTIONAL, is_fpr, &m->to, error) ||
	    !take_choice(j, "role", "master", "slave", &master, error) ||
	    !take_text(j, "epoch", REQUIRED, rand_id_valid, &m->epoch, error) ||
	    !take_text(j, "with", OPTIONAL, rand_id_valid, &m->with, error))
		return FALSE;
	m->role = master ? 'm' : 's';
	return TRUE;
}

static gboolean
check_place(const manifest *m, GError **error)
{
	numbering numbering = kinds[m->kind].numbering;

	if ((numbering == NUMBERED && m->number == 0) || (numbering == UNNUMBERED && m->number > 0))
		return malformed(error, "number", "does not fit the kind");
	if ((m->prev != NULL) != (m->number > 1))
		return malformed(error, "prev", "does not fit the number");
	if ((m->for_hash != NULL) != (m->kind == KIND_VOID))
		return malformed(error, "for", "does not fit the kind");
	return TRUE;
}

static gboolean
take_place(const json_t *j, manifest *m, GError **error)
{
	return take_kind(j, m, error) && take_number(j, "number", OPTIONAL, &m->number, error) &&
	       take_text(j, "prev", OPTIONAL, is_sha, &m->prev, error) &&
	       take_text(j, "for", OPTIONAL, is_sha, &m->for_hash, error) &&
	       take_text(j, "contract", OPTIONAL, is_sha, &m->contract, error) &&
	       take_choice(j, "protect", "encrypt", "sign", &m->encrypted, error) &&
	       take_number(j, "key_from", OPTIONAL, &m->key_from, error) && check_place(m, error);
}

static gboolean
take_body(const json_t *j, manifest *m, GError **error)
{
	json_t *body = json_object_get(j, "body");

	if (body != NULL && !json_is_object(body))
		return malformed(error, "body", "is no object");
	m->body = json_incref(body);
	return TRUE;
}

manifest *
manifest_from_json(const json_t *j, GError **error)
{
	g_autoptr(manifest) m = manifest_new();

	if (!json_is_object(j)) {
		fail_set(error, REASON_MANIFEST, "manifest is no object");
		return NULL;
	}
	/* The format first: in a newer one the rest may be of another shape. */
	if (!take_format(j, m, error) || !take_parties(j, m, error) || !take_place(j, m, error) ||
	    !take_ack(j, m, error) || !take_body(j, m, error))
		return NULL;
	return g_steal_pointer(&m);
}
