#include "sync/sync.h"

#include <string.h>

#define VECTORS     "tests/data/merge_vectors.json"
#define VECTORS_MAX (4 * 1024 * 1024)

/* The vectors, from the source tree. */
static json_t *
vectors_read(void)
{
	const char *srcdir = g_getenv("srcdir");
	g_autofree char *path = g_build_filename(srcdir != NULL ? srcdir : ".", VECTORS, NULL);
	g_autofree char *text = NULL;
	gsize len;

	g_assert_true(g_file_get_contents(path, &text, &len, NULL));
	g_assert_cmpuint(len, <, VECTORS_MAX);
	json_t *j = json_read(text, len, NULL);
	g_assert_nonnull(j);
	return j;
}

/* Times of a thing written in full, one a field. */
static json_t *
spread(const json_t *x)
{
	json_t *v = json_object_get(x, "v"), *at = json_object_get(x, "at"), *copy, *all, *any;
	const char *field;

	if (!json_is_object(v) || !json_is_string(at))
		return json_incref((json_t *)x);
	copy = json_copy((json_t *)x);
	all = json_object();
	json_object_foreach (v, field, any)
		if (strcmp(field, "kind") != 0)
			json_object_set(all, field, at);
	json_object_set_new(copy, "at", all);
	return copy;
}

static void
assert_same(const json_t *vector, const json_t *expected, const json_t *got)
{
	g_autoptr(json_ref) a = spread(expected);
	g_autoptr(json_ref) b = spread(got);

	if (json_equal(a, b))
		return;
	g_autofree char *text = json_text(vector), *is = json_text(b);
	g_test_message("vector %s\ngives %s", text, is);
	g_test_fail();
}

/* Is V among the losing values that were logged? */
static gboolean
logged(const GPtrArray *losses, const json_t *v)
{
	for (guint i = 0; i < losses->len; i++)
		if (json_equal(json_object_get(losses->pdata[i], "value"), v))
			return TRUE;
	return FALSE;
}

static void
check_vector(const contract *c, const json_t *vector)
{
	g_autoptr(GPtrArray) losses = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	const json_t *losers = json_object_get(vector, "losers");
	g_autoptr(json_ref) got = sync_merge_value(
		c, "issue", json_str(vector, "reg"), json_object_get(vector, "base"),
		json_object_get(vector, "master"), json_object_get(vector, "slave"), losses);
	gsize i;
	json_t *v;

	assert_same(vector, json_object_get(vector, "result"), got);
	json_array_foreach (losers, i, v)
		g_assert_true(logged(losses, v));
	if (json_object_get(got, "c") == NULL)
		g_assert_cmpuint(json_array_size(losers) > 0, ==, losses->len > 0);
}

static void
test_vectors(void)
{
	g_autoptr(json_ref) all = vectors_read();
	g_autoptr(contract) c = contract_from_json(json_object_get(all, "contract"), NULL);
	const json_t *vectors = json_object_get(all, "vectors");
	gsize i;
	json_t *vector;

	g_assert_nonnull(c);
	g_assert_cmpuint(json_array_size(vectors), >, 500);
	json_array_foreach (vectors, i, vector)
		check_vector(c, vector);
}

/* The arguments are left as they were: rows share them. */
static void
test_pure(void)
{
	g_autoptr(json_ref) all = vectors_read();
	g_autoptr(json_ref) before = json_deep_copy(all);
	g_autoptr(contract) c = contract_from_json(json_object_get(all, "contract"), NULL);
	gsize i;
	json_t *vector;

	json_array_foreach (json_object_get(all, "vectors"), i, vector) {
		g_autoptr(json_ref) got = sync_merge_value(
			c, "issue", json_str(vector, "reg"), json_object_get(vector, "base"),
			json_object_get(vector, "master"), json_object_get(vector, "slave"), NULL);
		g_assert_nonnull(got);
	}
	g_assert_true(json_equal(all, before));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sync_vectors/f_agrees_with_the_model_of_the_protocol", test_vectors);
	g_test_add_func("/sync_vectors/f_changes_none_of_its_arguments", test_pure);
	return g_test_run();
}
