#include "adapter/desk_private.h"

#include "base/clock.h"

#include <string.h>

json_t *
doc_value(const json_t *doc, const char *field)
{
	json_t *v = json_object_get(json_object_get(doc, field), "v");

	return json_is_null(v) ? NULL : v;
}

const char *
doc_at(const json_t *doc, const char *field)
{
	return json_str(json_object_get(doc, field), "at");
}

gboolean
doc_put(json_t *doc, const char *field, json_t *v, const char *at, const char *via)
{
	json_t *was = doc_value(doc, field);

	if (json_is_null(v))
		v = NULL;
	if (v == was || (v != NULL && was != NULL && json_equal(v, was)))
		return FALSE;

	json_t *entry = json_object();
	json_object_set_new(entry, "v", v != NULL ? json_incref(v) : json_null());
	json_object_set_new(entry, "at", json_string(at));
	json_put(entry, "via", via);
	json_object_set_new(doc, field, entry);
	return TRUE;
}

json_t *
doc_values(const json_t *doc)
{
	json_t *ret = json_object();
	const char *field;
	json_t *entry;

	json_object_foreach ((json_t *)doc, field, entry) {
		json_t *v = json_object_get(entry, "v");
		if (v != NULL && !json_is_null(v))
			json_object_set(ret, field, v);
	}
	return ret;
}

json_t *
doc_stamps(const json_t *doc)
{
	g_autoptr(json_ref) stamps = json_object();
	json_t *first = NULL;
	gboolean same = TRUE;
	const char *field;
	json_t *entry;

	json_object_foreach ((json_t *)doc, field, entry) {
		json_t *at = json_object_get(entry, "at");
		if (doc_value(doc, field) == NULL || at == NULL)
			continue;
		json_object_set(stamps, field, at);
		if (first == NULL)
			first = at;
		same = same && json_equal(first, at);
	}
	if (same && first != NULL)
		return json_incref(first);
	return g_steal_pointer(&stamps);
}

char *
doc_stamp_after(const char *earlier)
{
	char *now = clock_stamp_now();

	if (earlier == NULL || strcmp(now, earlier) >= 0)
		return now;
	g_free(now);
	return g_strdup(earlier);
}
