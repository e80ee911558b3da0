#include "daemon/listener.h"

#include "daemon/talk.h"
#include "spool/channel.h"

typedef struct {
	const volatile sig_atomic_t *ended;
} listener;

static void
heard(gpointer data)
{
	const talk_message m = talk_new(TALK_HEARD, NULL);

	(void)data;
	talk_send(TALK_SOCKET, &m);
}

static void
away(const char *why, gpointer data)
{
	const talk_message m = talk_new(TALK_AWAY, why);

	(void)data;
	talk_send(TALK_SOCKET, &m);
}

/* Whatever the supervisor says, and its end, is the end. */
static gboolean
stop(gpointer data)
{
	const listener *l = data;

	return *l->ended || talk_waits(TALK_SOCKET);
}

static conf *
load(const char *dir, const char *const *overrides, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "link.conf", NULL);
	g_autoptr(conf) c = conf_load(path, SET_LINK, error);

	for (guint i = 0; c != NULL && overrides != NULL && overrides[i] != NULL; i++)
		if (!conf_set_pair(c, overrides[i], error))
			return NULL;
	return g_steal_pointer(&c);
}

gboolean
listener_run(const char *link_dir, const char *const *overrides, const volatile sig_atomic_t *ended,
	     GError **error)
{
	g_autoptr(conf) c = load(link_dir, overrides, error);
	const channel_ops *ops = c == NULL ? NULL : channel_find(conf_text(c, "channel"));
	listener l = {ended};

	if (c == NULL)
		return FALSE;
	if (ops != NULL && ops->listen != NULL)
		ops->listen(link_dir, c, heard, away, stop, &l);
	return TRUE;
}
