/*
 * Receiving: which mails of the mailbox are looked at, and what becomes of them.
 *
 * Nothing moves on before what was taken is durable: the place in the mailbox is stored by
 * mail_taken() only.  An earlier place, or none, does no harm.
 */
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "spool/mail_private.h"

#define LIST_MAX 500    /* mails that are listed at a time */
#define LEFT_MAX 10000  /* mails that wait for something, and are looked at again */
#define POP_MAX  100000 /* mails of a POP3 mailbox */
#define KEYWORD  "$handsel"

typedef struct {
	channel *c;
	guint max, *seen;
	channel_take *take;
	gpointer data;
} round;

static mail_seen *
add_seen(channel *c, guint32 uid, guint number, const char *name)
{
	mail_seen *s = g_new0(mail_seen, 1);

	s->uid = uid;
	s->number = number;
	s->name = g_strdup(name);
	s->offers = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(c->seen, s);
	return s;
}

static guint64
largest(const channel *c)
{
	return (guint64)conf_int(c->conf, "mail.receive_size");
}

/* Is all of it done with? */
static gboolean
is_done(const mail_seen *s)
{
	for (guint i = 0; i < s->offers->len; i++)
		if (((const mail_offer *)s->offers->pdata[i])->verdict != TAKE_DONE)
			return FALSE;
	return s->used || s->offers->len > 0;
}

/* Does something in it wait? */
static gboolean
is_left(const mail_seen *s)
{
	return s->offers->len > 0 && !is_done(s);
}

/* ---- IMAP ---- */

static json_t *
box_of(const channel *c)
{
	return mail_state_part(c->state, "box");
}

/* Another folder, a mailbox made anew, or numbers that run backwards: all is looked at again. */
static void
find_place(channel *c, const imap_folder *f)
{
	json_t *box = box_of(c);
	const char *folder = c->url[MAIL_RECEIVING]->folder;
	gint64 next = json_num(box, "next", 1);

	if (g_strcmp0(json_str(box, "folder"), folder) != 0 ||
	    json_num(box, "validity", -1) != f->validity || (f->next != 0 && next > f->next)) {
		json_object_clear(box);
		json_put(box, "folder", folder);
		json_object_set_new(box, "validity", json_integer(f->validity));
		c->changed = TRUE;
		next = 1;
	}
	c->scan = (guint32)next;
}

static gboolean
open_box(channel *c, GError **error)
{
	net_account account;
	imap_folder f;

	if (c->imap == NULL) {
		if (!mail_account(c, MAIL_RECEIVING, &account, error))
			return FALSE;
		c->imap = imap_open(&account, error);
	}
	if (c->imap == NULL ||
	    !imap_select(c->imap, c->url[MAIL_RECEIVING]->folder, FALSE, &f, error))
		return FALSE;
	find_place(c, &f);
	return TRUE;
}

static gboolean
look_at_uid(round *r, guint32 uid, guint64 size, GError **error)
{
	int fd = mail_scratch(r->c, error);
	gboolean gone = FALSE;

	if (fd < 0)
		return FALSE;
	gboolean ok = imap_fetch(r->c->imap, uid, size, fd, &gone, error) &&
		      (gone || mail_look_at(r->c, fd, add_seen(r->c, uid, 0, NULL), r->take,
					    r->data, r->seen, error));
	close(fd);
	return ok;
}

/* What could not be taken the last time. */
static gboolean
look_at_left(round *r, GError **error)
{
	const json_t *left = json_object_get(box_of(r->c), "left");
	json_t *one;
	size_t i;

	json_array_foreach (left, i, one) {
		guint32 uid = (guint32)json_integer_value(one);
		g_autoptr(GPtrArray) found = imap_list(r->c->imap, uid, 1, error);

		if (found == NULL)
			return FALSE;
		const imap_mail *m = found->len > 0 ? found->pdata[0] : NULL;
		if (m != NULL && m->uid == uid && !look_at_uid(r, uid, m->size, error))
			return FALSE;
	}
	return TRUE;
}

static void
note_too_large(round *r, const imap_mail *m)
{
	envelope_name name;
	g_autofree char *why =
		g_strdup_printf("it has %" G_GUINT64_FORMAT
				" bytes, more than mail.receive_size; `handsel link set %s "
				"mail.receive_size=...` lets it in",
				m->size, r->c->link_name);

	for (guint i = 0; i < m->names->len; i++)
		if (name_find(m->names->pdata[i], r->c->link, r->c->partner, &name))
			mail_note_stray(r->c, &name, why);
}

static gboolean
look_at_mail(round *r, const imap_mail *m, GError **error)
{
	if (!m->odd && !mail_concerns(r->c, m->subject, m->names, m->report))
		return TRUE;
	if (m->size > largest(r->c)) {
		note_too_large(r, m);
		return TRUE;
	}
	return look_at_uid(r, m->uid, m->size, error);
}

static gboolean
receive_imap(round *r, GError **error)
{
	channel *c = r->c;
	guint len;

	if (!open_box(c, error) || !look_at_left(r, error))
		return FALSE;
	do {
		g_autoptr(GPtrArray) mails = imap_list(c->imap, c->scan, LIST_MAX, error);

		if (mails == NULL)
			return FALSE;
		len = mails->len;
		for (guint i = 0; i < len && *r->seen < r->max; i++) {
			const imap_mail *m = mails->pdata[i];

			if (!look_at_mail(r, m, error))
				return FALSE;
			c->scan = m->uid + 1;
		}
	} while (len > 0 && *r->seen < r->max);
	return TRUE;
}

/* The mails that are done with go; WRITE access only now. */
static gboolean
clear_imap(channel *c, GError **error)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(guint32));
	const char *how = conf_text(c->conf, "mail.taken");
	const char *folder = conf_text(c->conf, "mail.taken_folder");
	const mail_url *url = c->url[MAIL_RECEIVING];
	imap_folder f;

	for (guint i = 0; i < c->seen->len; i++) {
		const mail_seen *s = c->seen->pdata[i];

		if (is_done(s))
			g_array_append_val(uids, s->uid);
	}
	if (uids->len == 0)
		return TRUE;
	if (!imap_select(c->imap, url->folder, TRUE, &f, error))
		return FALSE;
	/* Made anew in the meantime: these numbers may be of other people's mails now. */
	if (json_num(box_of(c), "validity", -1) != f.validity) {
		fail_set(error, REASON_MAIL_ANSWER, "%s: the server has numbered all mails anew",
			 url->host);
		return FALSE;
	}
	if (strcmp(how, "delete") == 0)
		return imap_delete(c->imap, uids, error);
	if (strcmp(how, "flag") == 0)
		return imap_flag(c->imap, uids, KEYWORD, error);
	return imap_make(c->imap, folder, error) && imap_move(c->imap, uids, folder, error);
}

/* What waits is remembered; where it can't be, nothing behind it has been looked at. */
static void
keep_place(channel *c)
{
	json_t *box = box_of(c), *left = json_array();

	for (guint i = 0; i < c->seen->len; i++) {
		const mail_seen *s = c->seen->pdata[i];

		if (!is_left(s))
			continue;
		if (json_array_size(left) >= LEFT_MAX) {
			c->scan = MIN(c->scan, s->uid);
			break;
		}
		json_array_append_new(left, json_integer(s->uid));
	}
	if (json_equal(left, json_object_get(box, "left")) && json_num(box, "next", 1) == c->scan) {
		json_decref(left);
		return;
	}
	json_object_set_new(box, "left", left);
	json_object_set_new(box, "next", json_integer(c->scan));
	c->changed = TRUE;
}

/* ---- POP3 ---- */

/* The server's name of a mail that is no business of ours. */
static void
pass_over(channel *c, const char *uid)
{
	json_object_set_new(mail_state_part(c->state, "pop"), uid, json_true());
	c->changed = TRUE;
}

static gboolean
look_at_pop(round *r, const pop3_mail *m, GError **error)
{
	if (m->size > largest(r->c)) {
		pass_over(r->c, m->uid);
		return TRUE;
	}
	int fd = mail_scratch(r->c, error);
	if (fd < 0)
		return FALSE;
	gboolean ok = pop3_fetch(r->c->pop3, m->number, fd, largest(r->c), error) &&
		      mail_look_at(r->c, fd, add_seen(r->c, 0, m->number, m->uid), r->take, r->data,
				   r->seen, error);
	close(fd);
	/* The session is over; the next one knows better than to ask for it. */
	if (!ok && error != NULL && fail_is(*error, REASON_TOO_LARGE))
		pass_over(r->c, m->uid);
	return ok;
}

static gboolean
receive_pop(round *r, GError **error)
{
	channel *c = r->c;
	net_account account;

	/* What a session has marked goes when it ends, and new mails are seen by the next one only.
	 */
	if (!mail_account(c, MAIL_RECEIVING, &account, error) ||
	    (c->pop3 = pop3_open(&account, error)) == NULL)
		return FALSE;
	g_autoptr(GPtrArray) mails = pop3_list(c->pop3, error);
	const json_t *known = mail_state_part(c->state, "pop");
	for (guint i = 0; mails != NULL && i < MIN(mails->len, POP_MAX) && *r->seen < r->max; i++) {
		const pop3_mail *m = mails->pdata[i];

		if (json_object_get(known, m->uid) == NULL && !look_at_pop(r, m, error))
			return FALSE;
	}
	return mails != NULL;
}

static gboolean
clear_pop(channel *c, GError **error)
{
	for (guint i = 0; i < c->seen->len; i++) {
		const mail_seen *s = c->seen->pdata[i];

		if (is_done(s) && !pop3_mark(c->pop3, s->number, error))
			return FALSE;
	}
	return c->pop3 == NULL || pop3_quit(g_steal_pointer(&c->pop3), error);
}

/* The server's names of mails that are no business of ours; those that are gone are forgotten when
 * there are too many. */
static void
keep_pop(channel *c)
{
	json_t *known = mail_state_part(c->state, "pop");

	if (json_object_size(known) > POP_MAX)
		json_object_clear(known);
	for (guint i = 0; i < c->seen->len; i++) {
		const mail_seen *s = c->seen->pdata[i];

		if (is_done(s) || is_left(s))
			continue;
		pass_over(c, s->name);
	}
}

/* ---- both ---- */

/* What TAKE says of the spool is none of the server's failures. */
static gboolean
failed(channel *c, GError *why, GError **error)
{
	g_ptr_array_set_size(c->seen, 0);
	if (why->domain == FAIL && why->code >= REASON_MAIL_AWAY && why->code <= REASON_MAIL_ANSWER)
		return mail_failed(c, MAIL_RECEIVING, why, error);
	mail_hang_up(c);
	if (fail_class(why) == FAIL_CONFIG)
		return mail_failed(c, MAIL_RECEIVING, why, error);
	g_propagate_error(error, why);
	return FALSE;
}

gboolean
mail_receive(channel *c, guint max, channel_take *take, gpointer data, guint *ret_seen,
	     GError **error)
{
	guint seen = 0;
	round r = {c, max, &seen, take, data};
	GError *why = NULL;

	/* What the last round took and its caller never confirmed is not known to be durable. */
	g_ptr_array_set_size(c->seen, 0);
	if (!mail_may(c, MAIL_RECEIVING, error))
		return FALSE;
	if (!(mail_is_pop(c) ? receive_pop : receive_imap)(&r, &why))
		return failed(c, why, error);
	mail_worked(c, MAIL_RECEIVING);
	*ret_seen = seen;
	return TRUE;
}

/* What is said of an envelope that would not arrive is over when it has. */
static void
forget_arrived(channel *c)
{
	for (guint i = 0; i < c->seen->len; i++) {
		const mail_seen *s = c->seen->pdata[i];

		for (guint j = 0; j < s->offers->len; j++) {
			const mail_offer *o = s->offers->pdata[j];

			if (o->verdict == TAKE_DONE)
				mail_forget(c, &o->name);
		}
	}
}

gboolean
mail_taken(channel *c, GError **error)
{
	GError *why = NULL;

	if (!(mail_is_pop(c) ? clear_pop : clear_imap)(c, &why))
		return failed(c, why, error);
	forget_arrived(c);
	(mail_is_pop(c) ? keep_pop : keep_place)(c);
	g_ptr_array_set_size(c->seen, 0);
	return mail_state_save(c, TRUE, error);
}

GPtrArray *
mail_foreign(channel *c, GError **error)
{
	const char *name;
	json_t *one;

	(void)error;
	g_ptr_array_set_size(c->strays, 0);
	json_object_foreach (json_object_get(c->state, "strays"), name, one)
		if (!json_flag(one, "over"))
			g_ptr_array_add(c->strays,
					g_strdup_printf("%s\t%s", name, json_str(one, "why")));
	return c->strays;
}
