#include "item/item.h"

#include "base/rand.h"

#include <string.h>

item *
item_new(const char *uid, const char *id, const char *kind)
{
	item *it = g_new0(item, 1);

	it->uid = g_strdup(uid);
	it->id = g_strdup(id);
	it->kind = g_strdup(kind);
	it->regs = json_object();
	return it;
}

void
item_free(item *it)
{
	if (it == NULL)
		return;
	g_free(it->uid);
	g_free(it->id);
	g_free(it->kind);
	g_free(it->by);
	json_decref(it->regs);
	g_free(it);
}

void
item_put(item *it, const char *reg, json_t *value, const char *at)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "v", value);
	if (at != NULL)
		json_object_set_new(entry, "at", json_string(at));
	json_object_set_new(it->regs, reg, entry);
}

json_t *
item_value(const item *it, const char *reg)
{
	return json_object_get(json_object_get(it->regs, reg), "v");
}

/* Does NAME start with LEN characters of the form [a-z][a-z0-9_]*, at most ITEM_NAME_MAX? */
static gboolean
word_valid(const char *name, gsize len)
{
	if (len == 0 || len > ITEM_NAME_MAX || !g_ascii_islower(name[0]))
		return FALSE;
	for (gsize i = 1; i < len; i++)
		if (!g_ascii_islower(name[i]) && !g_ascii_isdigit(name[i]) && name[i] != '_')
			return FALSE;
	return TRUE;
}

gboolean
item_field_name_valid(const char *name)
{
	return name != NULL && word_valid(name, strlen(name)) && strcmp(name, ITEM_LIFE) != 0 &&
	       strcmp(name, ITEM_PARENT) != 0;
}

static gboolean
symmetric(const char *type)
{
	return strcmp(type, "relates") == 0;
}

char *
item_thing_reg(const char *uid)
{
	return g_strconcat("@", uid, NULL);
}

char *
item_relation_reg(const char *type, const char *first, const char *second)
{
	if (symmetric(type) && strcmp(first, second) > 0)
		return g_strjoin(":", type, second, first, NULL);
	return g_strjoin(":", type, first, second, NULL);
}

gboolean
item_relation_parts(const char *reg, char **ret_type, char **ret_first, char **ret_second)
{
	/* The longest name there can be, so that foreign input is not split without bound. */
	if (reg == NULL || strlen(reg) > ITEM_NAME_MAX + 2 * (RAND_ID_LEN + 1))
		return FALSE;

	g_auto(GStrv) part = g_strsplit(reg, ":", 0);
	if (g_strv_length(part) != 3 || !word_valid(part[0], strlen(part[0])) ||
	    !rand_id_valid(part[1]) || !rand_id_valid(part[2]))
		return FALSE;

	/* One relation, one name: otherwise both orders of a symmetric one could be written. */
	int order = strcmp(part[1], part[2]);
	if (order == 0 || (order > 0 && symmetric(part[0])))
		return FALSE;
	if (ret_type != NULL)
		*ret_type = g_strdup(part[0]);
	if (ret_first != NULL)
		*ret_first = g_strdup(part[1]);
	if (ret_second != NULL)
		*ret_second = g_strdup(part[2]);
	return TRUE;
}

reg_type
item_reg_type(const char *reg)
{
	if (reg == NULL)
		return REG_INVALID;
	if (strcmp(reg, ITEM_LIFE) == 0)
		return REG_LIFE;
	if (strcmp(reg, ITEM_PARENT) == 0)
		return REG_PARENT;
	if (reg[0] == '@')
		return rand_id_valid(reg + 1) ? REG_THING : REG_INVALID;
	if (item_field_name_valid(reg))
		return REG_FIELD;
	return item_relation_parts(reg, NULL, NULL, NULL) ? REG_RELATION : REG_INVALID;
}
