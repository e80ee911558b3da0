#include "base/name.h"

#include "base/rand.h"

#include <string.h>

gboolean
name_word_valid(const char *name)
{
	if (name == NULL || !g_ascii_islower(name[0]))
		return FALSE;
	for (gsize i = 1; name[i] != '\0'; i++)
		if (i == NAME_WORD_MAX ||
		    (!g_ascii_islower(name[i]) && !g_ascii_isdigit(name[i]) && name[i] != '_'))
			return FALSE;
	return TRUE;
}

gboolean
name_site_valid(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	if (name == NULL || (!g_ascii_islower(name[0]) && !g_ascii_isdigit(name[0])))
		return FALSE;
	gsize len = strlen(name);
	return len <= NAME_SITE_MAX && strspn(name, chars) == len;
}

gboolean
name_relation_symmetric(const char *type)
{
	return strcmp(type, "relates") == 0;
}

gboolean
name_relation_parts(const char *name, char **ret_type, char **ret_first, char **ret_second)
{
	/* The longest name there can be, so that foreign input is not split without bound. */
	if (name == NULL || strlen(name) > NAME_WORD_MAX + 2 * (RAND_ID_LEN + 1))
		return FALSE;

	g_auto(GStrv) part = g_strsplit(name, ":", 0);
	if (g_strv_length(part) != 3 || !name_word_valid(part[0]) || !rand_id_valid(part[1]) ||
	    !rand_id_valid(part[2]))
		return FALSE;

	int order = strcmp(part[1], part[2]);
	if (order == 0 || (order > 0 && name_relation_symmetric(part[0])))
		return FALSE;
	if (ret_type != NULL)
		*ret_type = g_strdup(part[0]);
	if (ret_first != NULL)
		*ret_first = g_strdup(part[1]);
	if (ret_second != NULL)
		*ret_second = g_strdup(part[2]);
	return TRUE;
}
