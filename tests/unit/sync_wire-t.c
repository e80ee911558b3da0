#include "sync_kit.h"

#include "base/rand.h"

#include <string.h>

/* A record of the master with a field, a hold field, a comment and a relation. */
static json_t *
rich_record(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_show(k, MASTER, "text", "\"long\"", KIT_T1);
	kit_show(k, MASTER, "labels", "[\"a\",\"b\"]", KIT_T1);
	kit_show(k, MASTER, ITEM_PARENT, "\"" KIT_OTHER "\"", KIT_T1);
	kit_show(k, MASTER, "blocks:" KIT_UID ":" KIT_OTHER, "true", KIT_T1);
	kit_show(k, MASTER, KIT_THING, "{\"kind\":\"comment\",\"text\":\"a\"}", KIT_T1);
	json_t *r = kit_capture(k, MASTER);
	g_assert_nonnull(r);
	return json_incref(r);
}

static void
test_rich(kit *k)
{
	g_autoptr(json_ref) r = rich_record(k);

	g_assert_cmpint(kit_receive(k, SLAVE, r), ==, SYNC_MERGE);
	g_assert_cmpint(k->it[SLAVE]->why, ==, 0);
	kit_assert_shows(k, SLAVE, "labels", "[\"a\",\"b\"]");
	kit_assert_shows(k, SLAVE, "blocks:" KIT_UID ":" KIT_OTHER, "true");
	kit_assert_shows(k, SLAVE, KIT_THING, "{\"kind\":\"comment\",\"text\":\"a\"}");
	static const char *const regs[] = {"title", "text", "labels", ITEM_PARENT, KIT_THING};
	for (gsize i = 0; i < G_N_ELEMENTS(regs); i++)
		g_assert_true(json_equal(sync_top(k->it[MASTER], regs[i]),
					 sync_top(k->it[SLAVE], regs[i])));
}

/* What a partner may not write, and what becomes of it. */
static const struct {
	const char *text, *with;
	int reason;
} forgeries[] = {
	{"\"t\":\"change\"", "\"t\":\"move\"", REASON_UNKNOWN_RECORD},
	{"\"seen\":0,", "", REASON_UNKNOWN_RECORD},
	{"\"seen\":0,", "\"seen\":0,\"new\":1,", REASON_UNKNOWN_RECORD},
	{"\"title\":{", "\"title\":{\"new\":1,", REASON_UNKNOWN_RECORD},
	{"\"title\":{", "\"colour\":{", REASON_NO_FIELD},
	{"\"title\":{", "\"life\":{", REASON_NO_FIELD},
	{"\"title\":{", "\"@t\":{", REASON_NO_FIELD},
	{"\"v\":\"two\"", "\"v\":2", REASON_BAD_VALUE},
	{"\"v\":\"two\"", "\"v\":\"a\\nb\"", REASON_BAD_VALUE},
	{"\"v\":\"two\"", "\"v\":\"\"", REASON_BAD_VALUE},
	{"\"v\":\"two\"", "\"c\":[{\"v\":\"a\"},{\"v\":\"b\"}]", REASON_BAD_VALUE},
	{"\"v\":\"long\"", "\"c\":[{\"v\":\"a\"}]", REASON_BAD_VALUE},
	{"\"v\":\"long\"", "\"c\":[{\"v\":\"a\"},7]", REASON_BAD_VALUE},
	{"[\"a\",\"b\"]", "[\"b\",\"a\"]", REASON_BAD_VALUE},
	{"\"at\":\"2026-01-01T00:01:00Z\"", "\"at\":\"yesterday\"", REASON_BAD_VALUE},
	{"live#2,0", "live#2", REASON_BAD_VALUE},
	{"live#2,0", "live#99999999999999999999,0", REASON_BAD_VALUE},
	{"live#2,0", "dead", REASON_BAD_VALUE},
	{"\"kind\":\"issue\"", "\"kind\":\"order\"", REASON_BAD_VALUE},
	{"\"kind\":\"comment\"", "\"kind\":\"spell\"", REASON_BAD_VALUE},
	{"\"kind\":\"comment\"", "\"kind\":\"row\"", REASON_NO_FIELD},
	{"\"seen\":0", "\"seen\":9", REASON_BASES_DIFFER},
	{"\"own\":2", "\"own\":4", REASON_HOLE},
	{"blocks:" KIT_UID ":" KIT_OTHER, "blocks:" KIT_OTHER ":" KIT_UID, REASON_BAD_VALUE},
};

static void
test_forged(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(forgeries); i++) {
		kit k;
		kit_init(&k);
		g_autoptr(json_ref) r = rich_record(&k);
		g_autoptr(json_ref) forged = kit_forge(r, forgeries[i].text, forgeries[i].with);

		kit_receive(&k, SLAVE, forged);
		g_test_message("%s", forgeries[i].with);
		g_assert_cmpint(k.it[SLAVE]->why, ==, forgeries[i].reason);
		g_assert_cmpuint(json_array_size(k.it[SLAVE]->inq), ==, 1);
		g_assert_nonnull(kit_line(&k, SLAVE, "answer", "held"));
		kit_assert_shows(&k, SLAVE, "title", "\"one\"");
		kit_clear(&k);
	}
}

static void
test_waits_behind(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	g_autoptr(json_ref) first = json_incref(kit_capture(k, MASTER));
	kit_show(k, MASTER, "title", "\"three\"", KIT_T1);
	g_autoptr(json_ref) second = json_incref(kit_capture(k, MASTER));

	sync_arrive(&k->ctx[SLAVE], k->it[SLAVE], first, FALSE, REASON_NO_CONTENT, "not here",
		    &k->out[SLAVE]);
	g_assert_cmpint(kit_receive(k, SLAVE, second), ==, SYNC_HELD);
	g_assert_null(kit_line(k, SLAVE, "answer", NULL)); /* said once */
	g_assert_cmpint(k->it[SLAVE]->why, ==, REASON_NO_CONTENT);
	g_assert_true(kit_release(k, SLAVE));
	g_assert_null(kit_line(k, SLAVE, "answer", "applied"));
	g_assert_true(kit_release(k, SLAVE));
	const json_t *applied = kit_line(k, SLAVE, "answer", "applied");
	g_assert_cmpint(json_num(applied, "own", 0), ==, 3);
	g_assert_false(kit_release(k, SLAVE));
	kit_assert_top(k, "title", "\"three\"");
}

static void
test_too_many_things(kit *k)
{
	kit_share(k);
	for (int i = 0; i < 4; i++) {
		g_autofree char *reg = g_strdup_printf("@%0*d", RAND_ID_LEN, i);
		kit_show(k, MASTER, reg, "{\"kind\":\"comment\",\"text\":\"a\"}", KIT_T1);
	}
	const json_t *r = kit_capture(k, MASTER);
	g_assert_cmpuint(json_array_size(json_object_get(r, "things")), ==, 3);
	g_assert_cmpuint(json_object_size(k->it[MASTER]->listed), ==, 1);
}

/* ---- anything at all ---- */

static json_t *
some_value(GRand *r)
{
	static const char *const texts[] = {
		"null",
		"true",
		"false",
		"0",
		"-1",
		"1e9",
		"\"\"",
		"\"gone\"",
		"[]",
		"[1,2]",
		"{}",
		"7",
		"2",
		"1",
		"\"title\"",
		"{\"v\":{\"v\":1}}",
		"[[]]",
		"\"two\"",
		"{\"at\":1}",
		"[null,null]",
		"{\"v\":null}",
		"[\"a\",\"b\"]",
	};
	const char *text = texts[g_rand_int_range(r, 0, G_N_ELEMENTS(texts))];

	return json_read(text, strlen(text), NULL);
}

/* One member somewhere in J is changed, removed or added. */
static void
spoil(GRand *r, json_t *j)
{
	static const char *const names[] = {"v",   "c",      "u",    "b",   "at",   "uid",  "kind",
					    "set", "things", "full", "why", "life", "seen", "x"};
	guint size = (guint)(json_is_array(j) ? json_array_size(j) : json_object_size(j));
	int dice = g_rand_int_range(r, 0, 10);

	if (json_is_object(j) && dice == 0) {
		json_object_set_new(j, names[g_rand_int_range(r, 0, G_N_ELEMENTS(names))],
				    some_value(r));
		return;
	}
	if (size == 0)
		return;
	guint at = (guint)g_rand_int_range(r, 0, (gint32)size);
	void *iter = json_object_iter(j);
	for (guint i = 0; i < at && json_is_object(j); i++)
		iter = json_object_iter_next(j, iter);
	const char *key = json_is_object(j) ? json_object_iter_key(iter) : NULL;
	json_t *v = key != NULL ? json_object_iter_value(iter) : json_array_get(j, at);
	if ((json_is_object(v) || json_is_array(v)) && dice < 8)
		spoil(r, v);
	else if (key == NULL)
		json_array_set_new(j, at, some_value(r));
	else if (dice == 1)
		json_object_del(j, key);
	else
		json_object_set_new(j, key, some_value(r));
}

static void
test_anything(void)
{
	g_autoptr(GRand) r = g_rand_new_with_seed(7);
	guint merged = 0, held = 0;

	for (int round = 0; round < 3000; round++) {
		kit k;
		kit_init(&k);
		g_autoptr(json_ref) good = rich_record(&k);
		g_autoptr(json_ref) bad = json_deep_copy(good);
		for (int n = g_rand_int_range(r, 1, 4); n > 0; n--)
			spoil(r, bad);
		sync_verdict verdict = kit_receive(&k, SLAVE, bad);
		if (verdict == SYNC_MERGE && k.it[SLAVE]->why == 0)
			merged++;
		held += k.it[SLAVE]->why != 0;
		kit_capture(&k, SLAVE);
		g_autoptr(json_ref) j = sync_item_to_json(k.it[SLAVE]);
		g_autoptr(sync_item) back = sync_item_from_json(KIT_UID, j, NULL);
		kit_assert_same(k.it[SLAVE], back);
		kit_clear(&k);
	}
	g_assert_cmpuint(merged, >, 10);
	g_assert_cmpuint(held, >, 1000);
}

static void
test_any_answer(void)
{
	g_autoptr(GRand) r = g_rand_new_with_seed(8);

	for (int round = 0; round < 1000; round++) {
		kit k;
		kit_init(&k);
		kit_share(&k);
		g_autoptr(json_ref) a =
			json_pack("{s:s,s:s,s:i,s:i,s:s,s:i}", "t", "answer", "uid", KIT_UID, "gen",
				  1, "own", 1, "code", round % 2 ? "held" : "applied", "reason", 5);
		spoil(r, a);
		sync_answer(&k.ctx[MASTER], k.it[MASTER], a, &k.out[MASTER]);
		g_assert_cmpuint(k.it[MASTER]->acked, <=, k.it[MASTER]->own);
		kit_clear(&k);
	}
}

typedef void test_fn(kit *);

static void
run(gconstpointer data)
{
	kit k;

	kit_init(&k);
	(*(test_fn *const *)data)(&k);
	kit_clear(&k);
}

static const struct {
	test_fn *test; /* first: run() gets its address */
	const char *name;
} tests[] = {
	{test_rich, "a_record_of_everything_is_merged"},
	{test_waits_behind, "a_record_waits_behind_one_that_is_held"},
	{test_too_many_things, "more_things_than_agreed_are_not_sent"},
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/sync_wire/", tests[i].name, NULL);
		g_test_add_data_func(path, &tests[i].test, run);
	}
	g_test_add_func("/sync_wire/what_does_not_fit_holds_and_changes_nothing", test_forged);
	g_test_add_func("/sync_wire/anything_from_a_partner_is_survived", test_anything);
	g_test_add_func("/sync_wire/any_answer_from_a_partner_is_survived", test_any_answer);
	return g_test_run();
}
