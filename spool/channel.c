#include "spool/channel.h"

#include <string.h>

#include "base/fail.h"

static const channel_ops *const drivers[] = {&channel_folder, &channel_mail};

void
channel_trouble_free(gpointer data)
{
	channel_trouble *t = data;

	g_free(t->text);
	g_free(t->advice);
	g_free(t);
}

gboolean
channel_link_valid(const char *link, char partner, GError **error)
{
	if (strlen(link) == NAME_LINK_LEN && (partner == 'm' || partner == 's'))
		return TRUE;
	fail_set(error, FAIL_BUG, "a channel of link \"%s\" with role %c", link, partner);
	return FALSE;
}

const channel_ops *
channel_find(const char *name)
{
	for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(drivers); i++)
		if (g_str_equal(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}
