#include "handshake/rebase.h"

#define RETIRED_MAX 1000

rebase *
rebase_new(void)
{
	rebase *r = g_new0(rebase, 1);

	r->retired = g_ptr_array_new_with_free_func(g_free);
	return r;
}

void
rebase_free(rebase *r)
{
	if (r == NULL)
		return;
	g_free(r->named);
	g_free(r->left);
	g_free(r->asked);
	g_free(r->strange);
	g_free(r->file);
	g_ptr_array_unref(r->retired);
	g_free(r);
}

static void
put_number(json_t *doc, const char *key, gint64 n)
{
	json_object_set_new(doc, key, json_integer(n));
}

json_t *
rebase_to_json(const rebase *r)
{
	json_t *doc = json_object(), *retired = json_array();

	for (guint i = 0; i < r->retired->len; i++)
		json_array_append_new(retired, json_string(r->retired->pdata[i]));
	json_object_set_new(doc, "retired", retired);
	json_object_set_new(doc, "open", json_boolean(r->open));
	json_object_set_new(doc, "again", json_boolean(r->again));
	json_put(doc, "named", r->named);
	json_put(doc, "left", r->left);
	json_put(doc, "asked", r->asked);
	json_put(doc, "strange", r->strange);
	json_put(doc, "file", r->file);
	put_number(doc, "since", r->since);
	put_number(doc, "next", r->next);
	put_number(doc, "sent", r->sent);
	put_number(doc, "tries", r->tries);
	put_number(doc, "counter", (gint64)r->counter);
	return doc;
}

rebase *
rebase_from_json(const json_t *doc)
{
	const json_t *retired = json_object_get(doc, "retired"), *one;
	rebase *r = rebase_new();
	gsize i;

	if (!json_is_object(doc) || !json_is_array(retired)) {
		rebase_free(r);
		return NULL;
	}
	json_array_foreach (retired, i, one)
		if (json_is_string(one))
			g_ptr_array_add(r->retired, g_strdup(json_string_value(one)));
	r->open = json_flag(doc, "open");
	r->again = json_flag(doc, "again");
	r->named = g_strdup(json_str(doc, "named"));
	r->left = g_strdup(json_str(doc, "left"));
	r->asked = g_strdup(json_str(doc, "asked"));
	r->strange = g_strdup(json_str(doc, "strange"));
	r->file = g_strdup(json_str(doc, "file"));
	r->since = json_num(doc, "since", 0);
	r->next = json_num(doc, "next", 0);
	r->sent = json_num(doc, "sent", 0);
	r->tries = (guint)json_num(doc, "tries", 0);
	r->counter = (guint64)json_num(doc, "counter", 0);
	return r;
}

/* ---- what is heard ---- */

static gboolean
is_retired(const rebase *r, const char *epoch)
{
	for (guint i = 0; i < r->retired->len; i++)
		if (g_strcmp0(r->retired->pdata[i], epoch) == 0)
			return TRUE;
	return FALSE;
}

static rebase_act
hear_open(const rebase *r, gboolean names_us, const rebase_word *w)
{
	gboolean named = g_strcmp0(r->named, w->epoch) == 0;

	/* Who runs is paired with this epoch only if this side has named him: anybody else's word
	 * of it is of another life. */
	if (names_us && (w->open || named))
		return REBASE_PAIR;
	return w->open && named ? REBASE_NOTHING : REBASE_NAME;
}

rebase_act
rebase_hear(const rebase *r, const char *mine, const char *with, const rebase_word *w)
{
	gboolean names_us = g_strcmp0(w->with, mine) == 0;

	/* Open, a retired epoch is named, too: its side may have been put back to it, and has to
	 * hear so. */
	if (r->open)
		return hear_open(r, names_us, w);
	if (is_retired(r, w->epoch) && !names_us)
		return REBASE_REMIND;
	if (g_strcmp0(w->epoch, with) == 0)
		return w->open || !names_us ? REBASE_REMIND : REBASE_NOTHING;
	if (w->open)
		return names_us ? REBASE_ASK : REBASE_TELL;
	return REBASE_STOP;
}

rebase_act
rebase_stray(const rebase *r, const char *mine, const char *with, const char *epoch,
	     const char *names)
{
	if (r->open || g_strcmp0(epoch, mine) == 0 || g_strcmp0(epoch, with) == 0 ||
	    is_retired(r, epoch) || is_retired(r, names))
		return REBASE_REMIND;
	return REBASE_STOP;
}

/* ---- what is done ---- */

static void
retire(rebase *r, const char *epoch)
{
	if (epoch == NULL || is_retired(r, epoch))
		return;
	g_ptr_array_add(r->retired, g_strdup(epoch));
	if (r->retired->len > RETIRED_MAX)
		g_ptr_array_remove_index(r->retired, 0);
}

static void
replace(char **place, const char *text)
{
	char *copy = g_strdup(text);

	g_free(*place);
	*place = copy;
}

void
rebase_stopped(rebase *r, const char *epoch)
{
	replace(&r->strange, epoch);
}

void
rebase_begin(rebase *r, const char *mine, const char *with, gint64 now)
{
	retire(r, mine);
	retire(r, r->strange);
	replace(&r->strange, NULL);
	replace(&r->named, r->asked != NULL ? r->asked : with);
	if (with != NULL) {
		retire(r, r->left);
		replace(&r->left, with);
	}
	replace(&r->asked, NULL);
	r->open = TRUE;
	r->since = r->next = now;
	r->tries = 0;
}

void
rebase_again(rebase *r, const char *mine, const char *with)
{
	retire(r, mine);
	retire(r, with);
	retire(r, r->left);
	replace(&r->left, NULL);
	replace(&r->named, NULL);
	replace(&r->asked, NULL);
	r->open = FALSE;
	r->again = TRUE;
	r->next = 0;
}

void
rebase_named(rebase *r, const char *epoch, gint64 now)
{
	replace(&r->named, epoch);
	r->next = now;
}

void
rebase_paired(rebase *r, const char *epoch, gint64 now)
{
	if (g_strcmp0(r->left, epoch) != 0)
		retire(r, r->left);
	replace(&r->left, NULL);
	replace(&r->named, NULL);
	replace(&r->asked, NULL);
	r->open = r->again = FALSE;
	r->next = now;
}

void
rebase_due(rebase *r, gboolean remind, gint64 wait, gint64 now)
{
	gint64 at = remind && r->sent > 0 ? MAX(now, r->sent + wait) : now;

	if (r->next == 0 || at < r->next)
		r->next = at;
}

void
rebase_sent(rebase *r, const char *file, gint64 first, gint64 most, gint64 now)
{
	gint64 wait = first;

	for (guint i = 0; i < r->tries && wait < most; i++)
		wait *= 2;
	replace(&r->file, file);
	r->sent = now;
	r->next = r->open ? now + MIN(wait, most) : 0;
	if (r->open)
		r->tries++;
}
