#include "spool/channel.h"

static const channel_ops *const drivers[] = {&channel_folder};

const channel_ops *
channel_find(const char *name)
{
	for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(drivers); i++)
		if (g_str_equal(drivers[i]->name, name))
			return drivers[i];
	return NULL;
}
