#include "adapter/adapter.h"

#include <string.h>

static const adapter_ops *const table[] = {&adapter_desk, NULL};

const adapter_ops *const *
adapter_all(void)
{
	return table;
}

const adapter_ops *
adapter_find(const char *name)
{
	for (gsize i = 0; name != NULL && table[i] != NULL; i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}
