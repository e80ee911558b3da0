#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "spool/mail_private.h"

#define STATE_MAX   (16 * 1024 * 1024)
#define SAVE_US     (5 * G_USEC_PER_SEC) /* between two saves of what may be lost */
#define LONGEST     3600                 /* seconds that a server is left alone */
#define DOUBLINGS   12
#define STRAYS_MAX  20
#define STRAY_AGE   (30 * 24 * 3600) /* seconds */
#define BOUNCES_MAX 1000

static const char *const ways[MAIL_WAYS] = {"send", "receive"};

/* ---- the file ---- */

/* What the waits and the place in the mailbox were about: with another server, another password or
 * limit there is nothing to wait for, and all is looked at again. */
static char *
settings_hash(const channel *c)
{
	g_autoptr(GPtrArray) pairs = conf_pairs(c->conf, TRUE);
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i + 1 < pairs->len; i += 2)
		if (g_str_has_prefix(pairs->pdata[i], "mail.")) {
			g_checksum_update(sum, pairs->pdata[i], -1);
			g_checksum_update(sum, pairs->pdata[i + 1], -1);
		}
	char *hash = g_strdup(g_checksum_get_string(sum));
	g_checksum_free(sum);
	return hash;
}

void
mail_state_load(channel *c)
{
	int dir = fsio_open_dir(c->dir, NULL);
	gsize len = 0;
	g_autofree char *text = dir < 0 ? NULL : fsio_read(dir, MAIL_STATE, STATE_MAX, &len, NULL);
	g_autofree char *hash = settings_hash(c);

	if (dir >= 0)
		close(dir);
	c->state = text == NULL ? NULL : json_read(text, len, NULL);
	if (!json_is_object(c->state)) {
		json_decref(c->state);
		c->state = json_object();
	}
	if (g_strcmp0(json_str(c->state, "settings"), hash) != 0) {
		json_object_del(c->state, "wait");
		json_object_del(c->state, "box");
		json_object_del(c->state, "pop");
		json_put(c->state, "settings", hash);
	}
}

gboolean
mail_state_save(channel *c, gboolean now, GError **error)
{
	if (!c->changed || (!now && clock_mono_us() - c->saved < SAVE_US))
		return TRUE;
	g_autofree char *text = json_text(c->state);
	int dir = fsio_open_dir(c->dir, error);
	if (dir < 0)
		return FALSE;
	gboolean ok = fsio_store(dir, MAIL_STATE, text, strlen(text), 0600, error);
	close(dir);
	c->changed = !ok;
	c->saved = clock_mono_us();
	return ok;
}

json_t *
mail_state_part(json_t *object, const char *key)
{
	json_t *part = json_object_get(object, key);

	if (!json_is_object(part)) {
		part = json_object();
		json_object_set_new(object, key, part);
	}
	return part;
}

/* ---- waiting ---- */

/* The wait of WAY, or NULL; borrowed. */
static json_t *
wait_of(const channel *c, mail_way way)
{
	return json_object_get(json_object_get(c->state, "wait"), ways[way]);
}

gboolean
mail_may(channel *c, mail_way way, GError **error)
{
	const json_t *wait = wait_of(c, way);
	gint64 left = json_num(wait, "next", 0) - clock_now();
	const char *text = json_str(wait, "text");

	/* A clock that was set back must not hold it for ever. */
	if (wait == NULL || left <= 0 || left > 2 * LONGEST)
		return TRUE;
	fail_set(error, FAIL_RETRY, "%s", text != NULL ? text : "the mail server failed");
	return FALSE;
}

/* Somebody has to do something about it. */
static gboolean
is_serious(const GError *why)
{
	return fail_is(why, REASON_MAIL_FULL) || fail_class(why) == FAIL_CONFIG;
}

gboolean
mail_failed(channel *c, mail_way way, GError *why, GError **error)
{
	json_t *waits = mail_state_part(c->state, "wait");
	json_t *wait = mail_state_part(waits, ways[way]);
	gint64 fails = json_num(wait, "fails", 0);
	int number = why->domain == FAIL ? why->code : 0;
	gint64 pause = is_serious(why) || fails > DOUBLINGS
			       ? LONGEST
			       : MIN(conf_int(c->conf, "mail.retry") << fails, LONGEST);

	/* Servers must not be asked by all of their clients at the same moment. */
	pause -= rand_below((guint32)pause / 4 + 1);
	json_object_set_new(wait, "fails", json_integer(fails + 1));
	json_object_set_new(wait, "next", json_integer(clock_now() + pause));
	json_object_set_new(wait, "reason", json_integer(number));
	json_put(wait, "text", why->message);
	json_object_set_new(wait, "serious", json_boolean(is_serious(why)));
	c->changed = TRUE;
	mail_hang_up(c);
	mail_state_save(c, TRUE, NULL);
	fail_set(error, FAIL_RETRY, "%s", why->message);
	g_error_free(why);
	return FALSE;
}

void
mail_worked(channel *c, mail_way way)
{
	if (wait_of(c, way) == NULL)
		return;
	json_object_del(json_object_get(c->state, "wait"), ways[way]);
	c->changed = TRUE;
}

void
mail_hurry(channel *c)
{
	for (guint way = 0; way < MAIL_WAYS; way++) {
		json_t *wait = wait_of(c, way);

		if (wait == NULL)
			continue;
		json_object_set_new(wait, "next", json_integer(0));
		c->changed = TRUE;
	}
}

gint64
mail_pause(channel *c)
{
	gint64 first = mail_rate_wait(c);

	for (guint way = 0; way < MAIL_WAYS; way++) {
		gint64 left = json_num(wait_of(c, way), "next", 0) - clock_now();

		if (left > 0 && (first == 0 || left < first))
			first = left;
	}
	return first;
}

/* ---- what people should know ---- */

static void
add_trouble(GPtrArray *all, const char *kind, gboolean serious, char *text, const char *advice)
{
	channel_trouble *t = g_new(channel_trouble, 1);

	*t = (channel_trouble){kind, text, g_strdup(advice), serious};
	g_ptr_array_add(all, t);
}

static void
add_wait(const channel *c, GPtrArray *all, mail_way way)
{
	static const char *const kinds[MAIL_WAYS] = {"mail-send", "mail-receive"};
	const json_t *wait = wait_of(c, way);
	const char *text = json_str(wait, "text");
	int number = (int)json_num(wait, "reason", 0);

	if (wait != NULL)
		add_trouble(all, kinds[way], json_flag(wait, "serious"),
			    g_strdup(text != NULL ? text : ""),
			    number < REASON_MAIL_AWAY ? NULL : reason_of(number)->advice);
}

static void
add_bounces(const channel *c, GPtrArray *all)
{
	const char *name;
	json_t *one;

	json_object_foreach (json_object_get(c->state, "bounced"), name, one) {
		envelope_name n;
		const char *text = json_str(one, "text");

		if (!json_flag(one, "permanent") || !name_find(name, c->link, c->own, &n))
			continue;
		g_autofree char *id = name_id(&n);
		add_trouble(all, "bounce", TRUE,
			    g_strdup_printf("%s came back: %s", id, text != NULL ? text : ""),
			    "correct the address (mail.partner) or ask the partner; it is sent "
			    "again by itself");
	}
}

static void
add_strays(const channel *c, GPtrArray *all)
{
	const char *name;
	json_t *one;

	json_object_foreach (json_object_get(c->state, "strays"), name, one) {
		const char *why = json_str(one, "why");

		if (!json_flag(one, "over"))
			add_trouble(all, "unreadable", TRUE,
				    g_strdup_printf("the mail with %s: %s", name,
						    why != NULL ? why : ""),
				    NULL);
	}
}

GPtrArray *
mail_troubles(channel *c)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(channel_trouble_free);
	g_autoptr(GError) why = NULL;

	if (!mail_complete(c->conf, c->link_name, &why))
		add_trouble(all, "settings", TRUE, g_strdup(why->message), NULL);
	for (guint way = 0; way < MAIL_WAYS; way++)
		add_wait(c, all, way);
	add_bounces(c, all);
	add_strays(c, all);
	return all;
}

void
mail_note_bounce(channel *c, const envelope_name *name, gboolean permanent, const char *text)
{
	json_t *all = mail_state_part(c->state, "bounced");
	g_autofree char *file = name_format(name);
	json_t *one = json_object();

	if (json_object_size(all) >= BOUNCES_MAX)
		json_object_clear(all);
	json_put(one, "text", text);
	json_object_set_new(one, "at", json_integer(clock_now()));
	json_object_set_new(one, "permanent", json_boolean(permanent));
	json_object_set_new(all, file, one);
	c->changed = TRUE;
}

/*
 * What object KEY says of the envelope, or a part of it, is over: it goes, or, with MARK, stays, so
 * that the mail does not tell it again when it is looked at again.
 */
static void
end_in(channel *c, const char *key, const envelope_name *name, gboolean mark)
{
	json_t *all = json_object_get(c->state, key), *one;
	const char *file;
	void *next;

	json_object_foreach_safe (all, next, file, one) {
		envelope_name n;

		if (!name_find(file, c->link, name->role, &n) || n.series != name->series ||
		    n.number != name->number)
			continue;
		if (mark)
			json_object_set_new(one, "over", json_true());
		else
			json_object_del(all, file);
		c->changed = TRUE;
	}
}

void
mail_forget(channel *c, const envelope_name *name)
{
	if (name->role == c->partner) {
		end_in(c, "strays", name, TRUE);
		return;
	}
	end_in(c, "bounced", name, FALSE);
	end_in(c, "parts", name, FALSE);
}

/* Those that nobody cared for do not stay for ever. */
static void
expire_strays(json_t *all)
{
	const char *file;
	json_t *one;
	void *next;

	json_object_foreach_safe (all, next, file, one)
		if (clock_now() - json_num(one, "at", 0) > STRAY_AGE ||
		    json_object_size(all) >= STRAYS_MAX)
			json_object_del(all, file);
}

void
mail_note_stray(channel *c, const envelope_name *name, const char *why)
{
	json_t *all = mail_state_part(c->state, "strays");
	g_autofree char *file = name_format(name);

	/* What is known already, or over, is not told anew. */
	if (json_object_get(all, file) != NULL)
		return;
	json_t *one = json_object();
	expire_strays(all);
	json_put(one, "why", why);
	json_object_set_new(one, "at", json_integer(clock_now()));
	json_object_set_new(all, file, one);
	c->changed = TRUE;
}
