/*
 * One mail whole, in chunks.
 */
#include "base/fail.h"
#include "base/fsio.h"
#include "spool/imap_private.h"

#define CHUNK WIRE_LITERAL_MAX

/* The bytes that A has of mail UID; NULL: none. */
static const struct mailimap_msg_att_body_section *
bytes_of(const struct mailimap_msg_att *a, guint32 uid)
{
	const struct mailimap_msg_att_body_section *body = NULL;
	guint32 is = 0;

	for (clistiter *i = clist_begin(a->att_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		const struct mailimap_msg_att_static *s = item->att_data.att_static;
		if (s->att_type == MAILIMAP_MSG_ATT_UID)
			is = s->att_data.att_uid;
		else if (s->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
			body = s->att_data.att_body_section;
	}
	return is == uid ? body : NULL;
}

/* Writes what FOUND holds of UID to FD; *RET_LEN stays -1 if that is nothing. */
static gboolean
write_chunk(imap *m, clist *found, guint32 uid, guint32 offset, int fd, gssize *ret_len,
	    GError **error)
{
	for (clistiter *i = clist_begin(found); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att_body_section *body = bytes_of(clist_content(i), uid);

		if (body == NULL)
			continue;
		if (body->sec_origin_octet != offset || body->sec_length > CHUNK) {
			fail_set(error, REASON_MAIL_ANSWER,
				 "%s: mail %u: other bytes came than were asked for", m->place,
				 uid);
			return FALSE;
		}
		/* NIL has none. */
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
	imap_wire_begin(&m->wire);
	int code = mailimap_uid_fetch(m->session, set, what, &found);
	mailimap_set_free(set);
	mailimap_fetch_type_free(what);
	*ret_len = -1;
	gboolean ok = imap_check(m, code, REASON_MAIL_ANSWER, "UID FETCH", error) &&
		      write_chunk(m, found, uid, offset, fd, ret_len, error);
	if (code == MAILIMAP_NO_ERROR)
		mailimap_fetch_list_free(found);
	return ok;
}

/* Nothing came of mail UID: is it because there is no such mail any more? */
static gboolean
is_gone(imap *m, guint32 uid, gboolean *ret, GError **error)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof uid);

	g_array_append_val(uids, uid);
	g_autoptr(GArray) left = imap_those_left(m, uids, error);
	if (left == NULL)
		return FALSE;
	if (left->len == 0) {
		*ret = TRUE;
		return TRUE;
	}
	fail_set(error, REASON_MAIL_ANSWER, "%s: mail %u: nothing came, and yet it is there",
		 m->place, uid);
	return FALSE;
}

gboolean
imap_fetch(imap *m, guint32 uid, guint64 size, int fd, gboolean *ret_gone, GError **error)
{
	/* Some tell the size as if each line ended with LF alone. */
	guint64 at = 0, most = MIN(2 * size + CHUNK, G_MAXUINT32);
	gssize len;

	do {
		if (!fetch_chunk(m, uid, (guint32)at, fd, &len, error))
			return FALSE;
		if (len < 0)
			return is_gone(m, uid, ret_gone, error);
		at += (guint64)len;
	} while (len > 0 && (at < size || len == CHUNK) && at <= most);
	if (at >= size && at <= most) {
		*ret_gone = FALSE;
		return TRUE;
	}
	/* A connection that broke must never look like a short mail. */
	fail_set(error, REASON_MAIL_ANSWER,
		 "%s: mail %u: %" G_GUINT64_FORMAT
		 " bytes came where the server announced %" G_GUINT64_FORMAT,
		 m->place, uid, at, size);
	return FALSE;
}
