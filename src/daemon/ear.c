#include "daemon/ear.h"

#include "daemon/child.h"

#define FIRST_PAUSE 1 /* seconds until one that died is started again; then doubling */
#define LONGEST     300

struct ear {
	const char *home, *name;
	const char *const *overrides;
	const ear_events *events;
	gpointer data;
	child *child; /* or NULL */
	guint timer, pause;
	gboolean stopped;
};

static void start(ear *);

static void
on_message(const talk_message *t, gpointer data)
{
	ear *e = data;

	if (e->stopped)
		return;
	if (t->type == TALK_HEARD)
		e->events->heard(e->data);
	else if (t->type == TALK_AWAY)
		e->events->away(t->text[0] != '\0' ? t->text : NULL, e->data);
	if (t->type == TALK_HEARD)
		e->pause = FIRST_PAUSE;
}

static gboolean
again(gpointer data)
{
	ear *e = data;

	e->timer = 0;
	start(e);
	return G_SOURCE_REMOVE;
}

static void
wait_and_start(ear *e)
{
	e->timer = g_timeout_add_seconds(e->pause, again, e);
	e->pause = MIN(2 * e->pause, LONGEST);
}

static void
on_end(int status, gpointer data)
{
	ear *e = data;

	(void)status;
	child_free(g_steal_pointer(&e->child));
	if (e->stopped)
		g_free(e);
	else
		wait_and_start(e);
}

static void
start(ear *e)
{
	static const child_events events = {on_message, on_end};
	g_autoptr(GError) why = NULL;

	e->child = child_start(e->home, e->name, e->overrides, &events, e, &why);
	if (e->child != NULL) {
		child_say(e->child, TALK_LISTEN);
		return;
	}
	e->events->away(why->message, e->data);
	wait_and_start(e);
}

ear *
ear_start(const char *home, const char *name, const char *const *overrides,
	  const ear_events *events, gpointer data)
{
	ear *e = g_new0(ear, 1);

	*e = (ear){.home = home, .name = name, .overrides = overrides};
	e->events = events;
	e->data = data;
	e->pause = FIRST_PAUSE;
	start(e);
	return e;
}

void
ear_stop(ear *e)
{
	if (e == NULL)
		return;
	e->stopped = TRUE;
	if (e->timer != 0)
		g_source_remove(e->timer);
	/* Its end is waited for, or it would stay as a zombie. */
	if (e->child != NULL)
		child_kill(e->child);
	else
		g_free(e);
}
