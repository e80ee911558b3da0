#include "base/late.h"

#include <dlfcn.h>

#include "base/fail.h"

gboolean
late_load(late_library *l, GError **error)
{
	if (l->handle == NULL)
		l->handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
	if (l->handle != NULL)
		return TRUE;
	fail_set(error, FAIL_CONFIG, "cannot load the library that %s needs: %s; install it",
		 l->needs_it, dlerror());
	return FALSE;
}

void *
late_function(late_library *l, const char *name)
{
	g_autoptr(GError) error = NULL;

	if (!late_load(l, &error))
		g_error("%s", error->message);
	void *function = dlsym(l->handle, name);
	if (function == NULL)
		g_error("%s has no %s: another version of it is needed", l->file, name);
	return function;
}
