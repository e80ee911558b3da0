#include "item/item.h"

#include "base/name.h"
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
	g_free(it->via);
	g_free(it->by);
	g_free(it->mark);
	json_decref(it->regs);
	json_decref(it->masked);
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

gboolean
item_field_name_valid(const char *name)
{
	return name_word_valid(name) && strcmp(name, ITEM_LIFE) != 0 &&
	       strcmp(name, ITEM_PARENT) != 0;
}

char *
item_thing_reg(const char *uid)
{
	return g_strconcat("@", uid, NULL);
}

char *
item_relation_reg(const char *type, const char *first, const char *second)
{
	if (name_relation_symmetric(type) && strcmp(first, second) > 0)
		return g_strjoin(":", type, second, first, NULL);
	return g_strjoin(":", type, first, second, NULL);
}

gboolean
item_relation_parts(const char *reg, char **ret_type, char **ret_first, char **ret_second)
{
	return name_relation_parts(reg, ret_type, ret_first, ret_second);
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
	return name_relation_parts(reg, NULL, NULL, NULL) ? REG_RELATION : REG_INVALID;
}
