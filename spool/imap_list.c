/*
 * What mails there are, and one of them whole.
 */
#include <string.h>

#include "base/fail.h"
#include "spool/imap_private.h"
#include "spool/mime_private.h"

static void
mail_free(gpointer data)
{
	imap_mail *m = data;

	g_free(m->subject);
	g_ptr_array_unref(m->names);
	g_free(m);
}

/* ---- one mail of the list ---- */

/* What has been told of one of the mails that were asked for. */
typedef struct {
	imap_mail *mail;
	gboolean sized, deleted;
} told;

static void
told_clear(gpointer data)
{
	g_clear_pointer(&((told *)data)->mail, mail_free);
}

static void
read_headers(imap_mail *m, const char *text, gsize len)
{
	mime_span head = {text, len};
	g_autofree char *subject = mime_field(head, "Subject");
	g_autofree char *from = mime_field(head, "From");
	g_autofree char *lower = from == NULL ? NULL : g_ascii_strdown(from, -1);

	if (subject != NULL) {
		g_free(m->subject);
		m->subject = mime_words(subject);
	}
	if (lower != NULL &&
	    (strstr(lower, "mailer-daemon") != NULL || strstr(lower, "postmaster") != NULL))
		m->report = TRUE;
}

static gboolean
has_deleted(const struct mailimap_msg_att_dynamic *d)
{
	for (clistiter *i = d->att_list == NULL ? NULL : clist_begin(d->att_list); i != NULL;
	     i = clist_next(i)) {
		const struct mailimap_flag_fetch *f = clist_content(i);

		if (f->fl_type == MAILIMAP_FLAG_FETCH_OTHER && f->fl_flag != NULL &&
		    f->fl_flag->fl_type == MAILIMAP_FLAG_DELETED)
			return TRUE;
	}
	return FALSE;
}

static void
read_static(told *t, const struct mailimap_msg_att_static *s)
{
	const struct mailimap_msg_att_body_section *section;

	switch (s->att_type) {
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		t->mail->size = s->att_data.att_rfc822_size;
		t->sized = TRUE;
		break;
	case MAILIMAP_MSG_ATT_BODYSTRUCTURE:
		imap_read_structure(t->mail, s->att_data.att_bodystructure);
		break;
	case MAILIMAP_MSG_ATT_BODY_SECTION:
		section = s->att_data.att_body_section;
		if (section->sec_body_part != NULL)
			read_headers(t->mail, section->sec_body_part, section->sec_length);
		break;
	default:
		break;
	}
}

/* 0: it does not say which mail it is. */
static guint32
uid_of(const struct mailimap_msg_att *a)
{
	for (clistiter *i = clist_begin(a->att_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC &&
		    item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_UID)
			return item->att_data.att_static->att_data.att_uid;
	}
	return 0;
}

static void
read_mail(told *t, guint32 uid, const struct mailimap_msg_att *a)
{
	if (t->mail == NULL) {
		t->mail = g_new0(imap_mail, 1);
		t->mail->uid = uid;
		t->mail->subject = g_strdup("");
		t->mail->names = g_ptr_array_new_with_free_func(g_free);
		t->mail->odd = TRUE;
	}
	for (clistiter *i = clist_begin(a->att_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC)
			read_static(t, item->att_data.att_static);
		else if (item->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC)
			t->deleted = t->deleted || has_deleted(item->att_data.att_dyn);
	}
}

/* ---- which mails there are ---- */

/* Where FROM, or the first behind it, stands in UIDS. */
static guint
place_of(const GArray *uids, guint32 from)
{
	guint low = 0, high = uids->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;

		if (g_array_index(uids, guint32, mid) < from)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
drop_doubles(GArray *sorted)
{
	guint32 *all = (guint32 *)(gpointer)sorted->data;
	guint len = 0;

	for (guint i = 0; i < sorted->len; i++)
		if (len == 0 || all[len - 1] != all[i])
			all[len++] = all[i];
	g_array_set_size(sorted, len);
}

/* Those from FROM on, ascending; KEY is taken over. */
static GArray *
search(imap *m, struct mailimap_search_key *key, guint32 from, GError **error)
{
	clist *found = NULL;
	uint64_t unused;

	imap_wire_begin(&m->wire);
	/* Its sister has nowhere to write what a server may say of MODSEQ. */
	int code = mailimap_uid_search_modseq(m->session, NULL, key, &found, &unused);
	mailimap_search_key_free(key);
	gboolean ok = imap_check(m, code, REASON_MAIL_ANSWER, "UID SEARCH", error);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (clistiter *i = found == NULL ? NULL : clist_begin(found); i != NULL;
	     i = clist_next(i)) {
		guint32 uid = *(const uint32_t *)clist_content(i);

		/* The last mail always belongs to n:*, even if its number is below n. */
		if (uid >= from)
			g_array_append_val(all, uid);
	}
	if (found != NULL)
		mailimap_search_result_free(found);
	g_array_sort(all, imap_by_number);
	drop_doubles(all);
	return ok ? g_steal_pointer(&all) : NULL;
}

GArray *
imap_those_left(imap *m, const GArray *uids, GError **error)
{
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(guint32));

	for (guint at = 0; at < uids->len;) {
		struct mailimap_search_key *key = mailimap_search_key_new_uid(imap_set(uids, &at));
		g_autoptr(GArray) some = search(m, key, 1, error);

		if (some == NULL)
			return NULL;
		for (guint i = 0; i < some->len; i++) {
			guint32 uid = g_array_index(some, guint32, i);
			guint place = place_of(uids, uid);

			if (place < uids->len && g_array_index(uids, guint32, place) == uid)
				g_array_append_val(left, uid);
		}
	}
	return g_steal_pointer(&left);
}

GArray *
imap_find(imap *m, const char *id, GError **error)
{
	return search(m, mailimap_search_key_new_header(strdup("Message-ID"), strdup(id)), 1,
		      error);
}

/* The mails are asked for once, and listed from what was said then until there are no more: a large
 * folder costs one long answer, not one for each part of the list. */
static gboolean
know_uids(imap *m, guint32 from, GError **error)
{
	if (m->uids != NULL && from >= m->uids_from && place_of(m->uids, from) < m->uids->len)
		return TRUE;
	struct mailimap_set *set = mailimap_set_new_interval(from, 0);
	GArray *uids = search(m, mailimap_search_key_new_uid(set), from, error);
	if (uids == NULL)
		return FALSE;
	if (m->uids != NULL)
		g_array_unref(m->uids);
	m->uids = uids;
	m->uids_from = from;
	return TRUE;
}

/* ---- the list ---- */

static struct mailimap_fetch_type *
what_to_list(gboolean structure)
{
	static const char *const names[] = {"Subject", "From"};
	struct mailimap_fetch_type *t = mailimap_fetch_type_new_fetch_att_list_empty();
	clist *headers = clist_new();

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		clist_append(headers, strdup(names[i]));
	struct mailimap_section *section =
		mailimap_section_new_header_fields(mailimap_header_list_new(headers));
	mailimap_fetch_type_new_fetch_att_list_add(t, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(t, mailimap_fetch_att_new_flags());
	mailimap_fetch_type_new_fetch_att_list_add(t, mailimap_fetch_att_new_rfc822_size());
	if (!structure) {
		mailimap_section_free(section);
		return t;
	}
	mailimap_fetch_type_new_fetch_att_list_add(t, mailimap_fetch_att_new_bodystructure());
	mailimap_fetch_type_new_fetch_att_list_add(
		t, mailimap_fetch_att_new_body_peek_section(section));
	return t;
}

typedef enum { FETCHED, ODD, FAILED } fetched;

/* An answer that can't be read, or is refused, may be the fault of one mail; one that ends, or is
 * beyond all measure, ends the session. */
static fetched
judge(imap *m, int code, GError **error)
{
	gboolean away = m->wire.state == WIRE_BROKE || m->wire.state == WIRE_SILENT ||
			m->wire.state == WIRE_BYE;

	if (m->wire.state == WIRE_FINE && m->wire.verdict == WIRE_OK && code == MAILIMAP_NO_ERROR)
		return FETCHED;
	if (!away && imap_skip(m))
		return ODD;
	imap_check(m, MAILIMAP_ERROR_PARSE, REASON_MAIL_ANSWER, "UID FETCH", error);
	return FAILED;
}

/* One request for LEN of UIDS; RET has a row for each. */
static fetched
fetch_list(imap *m, const GArray *uids, gboolean structure, GArray *ret, GError **error)
{
	guint32 first = g_array_index(uids, guint32, 0);
	guint32 last = g_array_index(uids, guint32, uids->len - 1);
	struct mailimap_set *set = mailimap_set_new_interval(first, last);
	struct mailimap_fetch_type *what = what_to_list(structure);
	clist *found = NULL;

	imap_wire_begin(&m->wire);
	int code = mailimap_uid_fetch(m->session, set, what, &found);
	mailimap_set_free(set);
	mailimap_fetch_type_free(what);
	if (code != MAILIMAP_NO_ERROR)
		return judge(m, code, error);
	fetched how = judge(m, code, error);
	/* Servers may tell of other mails at any time. */
	for (clistiter *i = how != FETCHED ? NULL : clist_begin(found); i != NULL;
	     i = clist_next(i)) {
		guint32 uid = uid_of(clist_content(i));
		guint at = place_of(uids, uid);

		if (at < uids->len && g_array_index(uids, guint32, at) == uid)
			read_mail(&g_array_index(ret, told, at), uid, clist_content(i));
	}
	mailimap_fetch_list_free(found);
	return how;
}

static GArray *
part_of(const GArray *uids, guint from, guint len)
{
	GArray *ret = g_array_sized_new(FALSE, FALSE, sizeof(guint32), len);

	return g_array_append_vals(ret, &g_array_index(uids, guint32, from), len);
}

/* Adds the rows that are whole to RET; *RET_MISSING: those that are not. */
static void
keep_told(GArray *rows, const GArray *uids, GPtrArray *ret, GArray **ret_missing)
{
	*ret_missing = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (guint i = 0; i < rows->len; i++) {
		told *t = &g_array_index(rows, told, i);

		if (!t->sized)
			g_array_append_val(*ret_missing, g_array_index(uids, guint32, i));
		else if (!t->deleted)
			g_ptr_array_add(ret, g_steal_pointer(&t->mail));
	}
}

/* A mail that the server tells nothing of when it is asked for its parts. */
static gboolean
list_odd(imap *m, guint32 uid, GPtrArray *ret, GError **error)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof uid);
	g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(told));
	g_autoptr(GArray) missing = NULL;

	g_array_set_clear_func(rows, told_clear);
	g_array_set_size(rows, 1);
	g_array_append_val(uids, uid);
	fetched how = fetch_list(m, uids, FALSE, rows, error);
	if (how == FAILED)
		return FALSE;
	keep_told(rows, uids, ret, &missing);
	if (how == FETCHED && missing->len == 0)
		return TRUE;
	g_autoptr(GArray) left = imap_those_left(m, missing, error);
	if (left != NULL && left->len > 0)
		fail_set(error, REASON_MAIL_ANSWER,
			 "%s: UID FETCH: the server tells nothing of mail %u", m->place, uid);
	return left != NULL && left->len == 0;
}

/* Mails that are missing are no longer there, or the answer is not worth its OK: then each of them
 * is asked for. */
static gboolean
list_missing(imap *m, const GArray *missing, GPtrArray *ret, GError **error)
{
	g_autoptr(GArray) left = imap_those_left(m, missing, error);

	for (guint i = 0; left != NULL && i < left->len; i++)
		if (!list_odd(m, g_array_index(left, guint32, i), ret, error))
			return FALSE;
	return left != NULL;
}

/* A mail that spoils the answer is found by halves. */
static gboolean
list_some(imap *m, const GArray *uids, GPtrArray *ret, GError **error)
{
	g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(told));
	g_autoptr(GArray) missing = NULL;

	g_array_set_clear_func(rows, told_clear);
	g_array_set_size(rows, uids->len);
	fetched how = fetch_list(m, uids, TRUE, rows, error);
	if (how == FAILED)
		return FALSE;
	if (how == ODD && uids->len > 1) {
		guint half = uids->len / 2;
		g_autoptr(GArray) low = part_of(uids, 0, half);
		g_autoptr(GArray) high = part_of(uids, half, uids->len - half);

		return list_some(m, low, ret, error) && list_some(m, high, ret, error);
	}
	keep_told(rows, uids, ret, &missing);
	return missing->len == 0 || list_missing(m, missing, ret, error);
}

static gint
by_uid(gconstpointer a, gconstpointer b)
{
	const imap_mail *x = *(imap_mail *const *)a, *y = *(imap_mail *const *)b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

GPtrArray *
imap_list(imap *m, guint32 from, guint max, GError **error)
{
	g_autoptr(GPtrArray) ret = g_ptr_array_new_with_free_func(mail_free);
	guint at;

	/* Where all are deleted, the next ones are told. */
	for (from = MAX(from, 1); ret->len == 0 && from > 0;) {
		if (!know_uids(m, from, error))
			return NULL;
		at = place_of(m->uids, from);
		if (at == m->uids->len)
			break;
		g_autoptr(GArray) some = part_of(m->uids, at, MIN(MAX(max, 1), m->uids->len - at));
		if (!list_some(m, some, ret, error))
			return NULL;
		from = g_array_index(some, guint32, some->len - 1) + 1;
	}
	g_ptr_array_sort(ret, by_uid);
	return g_steal_pointer(&ret);
}
