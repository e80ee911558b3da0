/*
 * What mails there are, and one of them whole.
 */
#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "spool/imap_private.h"

#define CHUNK     (256 * 1024)
#define DEPTH_MAX 20  /* of mails in mails whose names are looked at */
#define NAMES_MAX 200 /* of parts of one mail */
#define TEXT_MAX  8192

static void
mail_free(gpointer data)
{
	imap_mail *m = data;

	g_free(m->subject);
	g_ptr_array_unref(m->names);
	g_free(m);
}

/* ---- names of parts ---- */

/* TEXT, which may be RFC 2047 encoded, as UTF-8; caller frees. */
static char *
decoded(const char *text)
{
	gsize len = strnlen(text, TEXT_MAX), at = 0;
	char *out = NULL;

	if (mailmime_encoded_phrase_parse("utf-8", text, len, &at, "utf-8", &out) !=
		    MAILIMF_NO_ERROR ||
	    out == NULL)
		return g_utf8_make_valid(text, (gssize)len);
	char *valid = g_utf8_make_valid(out, -1);
	free(out);
	return valid;
}

/* A name may be cut in pieces (RFC 2231): one behind the other they are it again. */
static void
add_names(GPtrArray *names, const struct mailimap_body_fld_param *p)
{
	g_autoptr(GString) all = g_string_new(NULL);

	if (p == NULL || p->pa_list == NULL)
		return;
	for (clistiter *i = clist_begin(p->pa_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_single_body_fld_param *one = clist_content(i);

		if (one->pa_name == NULL || one->pa_value == NULL ||
		    (g_ascii_strncasecmp(one->pa_name, "name", 4) != 0 &&
		     g_ascii_strncasecmp(one->pa_name, "filename", 8) != 0) ||
		    all->len + strlen(one->pa_value) > TEXT_MAX)
			continue;
		g_string_append(all, one->pa_value);
	}
	if (all->len > 0 && names->len < NAMES_MAX)
		g_ptr_array_add(names, decoded(all->str));
}

static void look_into(imap_mail *, const struct mailimap_body *, guint depth);

static void
look_into_one(imap_mail *m, const struct mailimap_body_type_1part *b, guint depth)
{
	const struct mailimap_body_fields *fields = NULL;

	switch (b->bd_type) {
	case MAILIMAP_BODY_TYPE_1PART_BASIC:
		fields = b->bd_data.bd_type_basic->bd_fields;
		break;
	case MAILIMAP_BODY_TYPE_1PART_TEXT:
		fields = b->bd_data.bd_type_text->bd_fields;
		break;
	case MAILIMAP_BODY_TYPE_1PART_MSG:
		fields = b->bd_data.bd_type_msg->bd_fields;
		look_into(m, b->bd_data.bd_type_msg->bd_body, depth + 1);
		break;
	default:
		break;
	}
	if (fields != NULL)
		add_names(m->names, fields->bd_parameter);
	if (b->bd_ext_1part != NULL && b->bd_ext_1part->bd_disposition != NULL)
		add_names(m->names, b->bd_ext_1part->bd_disposition->dsp_attributes);
}

static void
look_into(imap_mail *m, const struct mailimap_body *b, guint depth)
{
	if (b == NULL || depth > DEPTH_MAX)
		return;
	if (b->bd_type == MAILIMAP_BODY_1PART) {
		look_into_one(m, b->bd_data.bd_body_1part, depth);
		return;
	}
	const struct mailimap_body_type_mpart *p = b->bd_data.bd_body_mpart;
	if (p == NULL || p->bd_list == NULL)
		return;
	if (depth == 0 && p->bd_media_subtype != NULL &&
	    g_ascii_strcasecmp(p->bd_media_subtype, "report") == 0)
		m->report = TRUE;
	for (clistiter *i = clist_begin(p->bd_list); i != NULL; i = clist_next(i))
		look_into(m, clist_content(i), depth + 1);
}

/* ---- the list ---- */

/* The value of header NAME in TEXT, unfolded; caller frees; NULL: there is none. */
static char *
header(const char *text, gsize len, const char *name)
{
	g_autofree char *all = g_strndup(text, MIN(len, TEXT_MAX));
	g_auto(GStrv) lines = g_strsplit(all, "\n", 0);
	g_autoptr(GString) value = NULL;

	for (guint i = 0; lines[i] != NULL; i++) {
		gboolean more = *lines[i] == ' ' || *lines[i] == '\t';

		g_strchomp(lines[i]);
		if (value != NULL && !more)
			break;
		if (value != NULL)
			g_string_append(value, lines[i]);
		else if (!more && g_ascii_strncasecmp(lines[i], name, strlen(name)) == 0)
			value = g_string_new(lines[i] + strlen(name));
	}
	return value == NULL ? NULL : g_strdup(g_strstrip(value->str));
}

static void
read_headers(imap_mail *m, const char *text, gsize len)
{
	g_autofree char *subject = header(text, len, "Subject:");
	g_autofree char *from = header(text, len, "From:");
	g_autofree char *lower = from == NULL ? NULL : g_ascii_strdown(from, -1);

	if (subject != NULL) {
		g_free(m->subject);
		m->subject = decoded(subject);
	}
	if (lower != NULL &&
	    (strstr(lower, "mailer-daemon") != NULL || strstr(lower, "postmaster") != NULL))
		m->report = TRUE;
}

static gboolean
has_deleted(const struct mailimap_msg_att_dynamic *d)
{
	if (d == NULL || d->att_list == NULL)
		return FALSE;
	for (clistiter *i = clist_begin(d->att_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_flag_fetch *f = clist_content(i);

		if (f->fl_type == MAILIMAP_FLAG_FETCH_OTHER && f->fl_flag != NULL &&
		    f->fl_flag->fl_type == MAILIMAP_FLAG_DELETED)
			return TRUE;
	}
	return FALSE;
}

static void
read_static(imap_mail *m, const struct mailimap_msg_att_static *s)
{
	const struct mailimap_msg_att_body_section *section;

	switch (s->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		m->uid = s->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		m->size = s->att_data.att_rfc822_size;
		break;
	case MAILIMAP_MSG_ATT_BODYSTRUCTURE:
		m->odd = FALSE;
		look_into(m, s->att_data.att_bodystructure, 0);
		break;
	case MAILIMAP_MSG_ATT_BODY_SECTION:
		section = s->att_data.att_body_section;
		if (section->sec_body_part != NULL)
			read_headers(m, section->sec_body_part, section->sec_length);
		break;
	default:
		break;
	}
}

/* *RET stays NULL for what is deleted, or is no mail that was asked for: servers may tell of others
 * at any time. */
static void
read_mail(const struct mailimap_msg_att *a, guint32 from, imap_mail **ret)
{
	imap_mail *m = g_new0(imap_mail, 1);
	gboolean deleted = FALSE;

	m->subject = g_strdup("");
	m->names = g_ptr_array_new_with_free_func(g_free);
	m->odd = TRUE;
	for (clistiter *i = clist_begin(a->att_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC)
			read_static(m, item->att_data.att_static);
		else if (item->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC)
			deleted = deleted || has_deleted(item->att_data.att_dyn);
	}
	/* The last mail always belongs to n:*, even if its number is below n. */
	if (m->uid >= from && m->size > 0 && !deleted)
		*ret = m;
	else
		mail_free(m);
}

static struct mailimap_fetch_type *
what_to_list(gboolean structure)
{
	static const char *const names[] = {"Subject", "From"};
	struct mailimap_fetch_type *t = mailimap_fetch_type_new_fetch_att_list_empty();
	clist *headers = clist_new();

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		clist_append(headers, strdup(names[i]));
	mailimap_fetch_type_new_fetch_att_list_add(t, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(t, mailimap_fetch_att_new_flags());
	mailimap_fetch_type_new_fetch_att_list_add(t, mailimap_fetch_att_new_rfc822_size());
	if (structure)
		mailimap_fetch_type_new_fetch_att_list_add(t,
							   mailimap_fetch_att_new_bodystructure());
	mailimap_fetch_type_new_fetch_att_list_add(
		t, mailimap_fetch_att_new_body_peek_section(
			   mailimap_section_new_header_fields(mailimap_header_list_new(headers))));
	return t;
}

static gint
by_uid(gconstpointer a, gconstpointer b)
{
	const imap_mail *x = *(imap_mail *const *)a, *y = *(imap_mail *const *)b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
	guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;

	return x < y ? -1 : x > y;
}

static GArray *
search(imap *m, struct mailimap_search_key *key, guint32 from, GError **error)
{
	clist *found = NULL;

	imap_begin(m);
	int code = mailimap_uid_search(m->session, NULL, key, &found);
	mailimap_search_key_free(key);
	if (!imap_check(m, code, REASON_MAIL_ANSWER, "UID SEARCH", error))
		return NULL;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (clistiter *i = found == NULL ? NULL : clist_begin(found); i != NULL;
	     i = clist_next(i)) {
		guint32 uid = *(const uint32_t *)clist_content(i);

		if (uid >= from)
			g_array_append_val(all, uid);
	}
	if (found != NULL)
		mailimap_search_result_free(found);
	g_array_sort(all, by_number);
	return all;
}

/* One request for the UIDs from FIRST to LAST. */
static gboolean
list_range(imap *m, guint32 first, guint32 last, gboolean structure, GPtrArray *ret, GError **error)
{
	struct mailimap_set *set = mailimap_set_new_interval(first, last);
	struct mailimap_fetch_type *what = what_to_list(structure);
	clist *found = NULL;

	imap_begin(m);
	int code = mailimap_uid_fetch(m->session, set, what, &found);
	mailimap_set_free(set);
	mailimap_fetch_type_free(what);
	/* A structure that libetpan can't read, or a server can't write, is not worth a mail. */
	gboolean ok = imap_check(m, code, REASON_MAIL_ANSWER, "UID FETCH", error);
	for (clistiter *i = !ok || found == NULL ? NULL : clist_begin(found); i != NULL;
	     i = clist_next(i)) {
		imap_mail *one = NULL;

		read_mail(clist_content(i), first, &one);
		if (one != NULL && one->uid <= last)
			g_ptr_array_add(ret, one);
		else if (one != NULL)
			mail_free(one);
	}
	if (found != NULL)
		mailimap_fetch_list_free(found);
	return ok;
}

GPtrArray *
imap_list(imap *m, guint32 from, guint max, GError **error)
{
	g_autoptr(GPtrArray) ret = g_ptr_array_new_with_free_func(mail_free);
	struct mailimap_set *set = mailimap_set_new_interval(from, 0);
	g_autoptr(GArray) uids = search(m, mailimap_search_key_new_uid(set), from, error);

	if (uids == NULL)
		return NULL;
	/* Those that are deleted are not told; then the next ones are. */
	for (guint i = 0; i < uids->len && ret->len == 0; i += max) {
		guint last = MIN(i + max, uids->len) - 1;

		if (!list_range(m, g_array_index(uids, guint32, i),
				g_array_index(uids, guint32, last), TRUE, ret, error))
			return NULL;
	}
	g_ptr_array_sort(ret, by_uid);
	return g_steal_pointer(&ret);
}

GArray *
imap_find(imap *m, const char *id, GError **error)
{
	return search(m, mailimap_search_key_new_header(strdup("Message-ID"), strdup(id)), 1,
		      error);
}

/* ---- one of them ---- */

/* Writes what FOUND holds of UID to FD; *RET_LEN stays -1 if that is nothing. */
static gboolean
write_chunk(imap *m, clist *found, guint32 uid, guint32 offset, int fd, gssize *ret_len,
	    GError **error)
{
	for (clistiter *i = clist_begin(found); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att *a = clist_content(i);
		const struct mailimap_msg_att_body_section *body = NULL;
		guint32 is = 0;

		for (clistiter *j = clist_begin(a->att_list); j != NULL; j = clist_next(j)) {
			const struct mailimap_msg_att_item *item = clist_content(j);

			if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
				continue;
			if (item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_UID)
				is = item->att_data.att_static->att_data.att_uid;
			if (item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
				body = item->att_data.att_static->att_data.att_body_section;
		}
		if (body == NULL || is != uid)
			continue;
		if (body->sec_origin_octet != offset || body->sec_length > CHUNK) {
			fail_set(error, REASON_MAIL_ANSWER,
				 "%s: UID FETCH: other bytes than were asked for", m->place);
			return FALSE;
		}
		*ret_len = body->sec_body_part == NULL ? 0 : (gssize)body->sec_length;
		return *ret_len == 0 ||
		       fsio_write_all(fd, body->sec_body_part, body->sec_length, error);
	}
	return TRUE;
}

static gboolean
fetch_chunk(imap *m, guint32 uid, guint32 offset, int fd, gssize *ret_len, GError **error)
{
	struct mailimap_set *set = mailimap_set_new_single(uid);
	struct mailimap_fetch_type *what = mailimap_fetch_type_new_fetch_att_list_empty();
	clist *found = NULL;

	mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(
		what, mailimap_fetch_att_new_body_peek_section_partial(mailimap_section_new(NULL),
								       offset, CHUNK));
	imap_begin(m);
	int code = mailimap_uid_fetch(m->session, set, what, &found);
	mailimap_set_free(set);
	mailimap_fetch_type_free(what);
	*ret_len = -1;
	gboolean ok = imap_check(m, code, REASON_MAIL_ANSWER, "UID FETCH", error) &&
		      (found == NULL || write_chunk(m, found, uid, offset, fd, ret_len, error));
	if (found != NULL)
		mailimap_fetch_list_free(found);
	return ok;
}

gboolean
imap_fetch(imap *m, guint32 uid, guint64 size, int fd, gboolean *ret_gone, GError **error)
{
	guint64 at = 0;
	gssize len;

	*ret_gone = FALSE;
	do {
		if (!fetch_chunk(m, uid, (guint32)at, fd, &len, error))
			return FALSE;
		if (len < 0 && at == 0) {
			*ret_gone = TRUE;
			return TRUE;
		}
		at += (guint64)MAX(len, 0);
	} while (len > 0 && at < size);
	if (at >= size)
		return TRUE;
	/* A connection that broke must never look like a short mail. */
	fail_set(error, REASON_MAIL_ANSWER,
		 "%s: UID FETCH: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes came",
		 m->place, at, size);
	return FALSE;
}
