#include "sync_kit.h"

#include <string.h>

/* ---- what a tracker refuses ---- */

static void
test_refused_hold(kit *k)
{
	kit_share(k);
	k->refuses = "title";
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_pass(k, MASTER);
	const json_t *answer = kit_line(k, SLAVE, "answer", "refused");
	g_assert_cmpint(json_num(answer, "reason", 0), ==, REASON_READ_ONLY);
	g_assert_cmpstr(json_str(answer, "reg"), ==, "title");
	g_assert_cmpstr(listed_how(k->it[SLAVE], "title"), ==, HOW_HELD);
	kit_assert_top(k, "title", "\"two\"");
	kit_assert_shows(k, SLAVE, "title", "\"one\"");
	g_assert_null(kit_capture(k, SLAVE));
}

static void
test_retry(kit *k)
{
	test_refused_hold(k);
	k->refuses = NULL;
	kit_execute(
		k, SLAVE,
		sync_retry(&k->ctx[SLAVE], k->it[SLAVE], k->shows[SLAVE], "title", &k->out[SLAVE]));
	kit_assert_shows(k, SLAVE, "title", "\"two\"");
	g_assert_null(listed_how(k->it[SLAVE], "title"));
}

static void
test_drop(kit *k)
{
	test_refused_hold(k);
	k->refuses = NULL;
	sync_drop(&k->ctx[SLAVE], k->it[SLAVE], k->shows[SLAVE], "title", &k->out[SLAVE]);
	g_assert_true(kit_lost(k, SLAVE, "\"two\""));
	g_autoptr(json_ref) r = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_nonnull(json_str(r, "why"));
	kit_receive(k, MASTER, r);
	g_assert_true(kit_lost(k, MASTER, "\"two\""));
	kit_assert_top(k, "title", "\"one\"");
	kit_assert_shows(k, MASTER, "title", "\"one\"");
}

static void
test_edit_overrules(kit *k)
{
	test_refused_hold(k);
	kit_show(k, SLAVE, "title", "\"three\"", KIT_T2);
	g_assert_nonnull(kit_capture(k, SLAVE));
	g_assert_true(kit_lost(k, SLAVE, "\"two\""));
	g_assert_null(listed_how(k->it[SLAVE], "title"));
}

static void
test_refused_keep(kit *k)
{
	kit_share(k);
	k->refuses = "due";
	kit_show(k, MASTER, "due", "\"2026-05-01\"", KIT_T1);
	kit_pass(k, MASTER);
	g_assert_cmpstr(listed_how(k->it[SLAVE], "due"), ==, HOW_DIFFERS);
}

static void
refuse_state(kit *k, const char *value)
{
	k->refuses = "state";
	kit_show(k, MASTER, "state", value, KIT_T1);
	kit_pass(k, MASTER);
	k->refuses = NULL;
}

static void
test_refused_revert(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "state", "\"open\"", KIT_T0);
	kit_pass(k, MASTER);
	refuse_state(k, "\"closed\"");
	g_assert_true(kit_lost(k, SLAVE, "\"closed\""));
	g_autoptr(json_ref) r = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_cmpstr(json_str(r, "why"), ==, "refused");
	kit_receive(k, MASTER, r);
	g_assert_true(kit_lost(k, MASTER, "\"closed\""));
	kit_assert_top(k, "state", "\"open\"");
	kit_assert_shows(k, MASTER, "state", "\"open\"");

	/* The same value again is listed, not refused back for ever. */
	refuse_state(k, "\"closed\"");
	g_assert_null(kit_line(k, SLAVE, "change", NULL));
	g_assert_cmpstr(listed_how(k->it[SLAVE], "state"), ==, HOW_DIFFERS);
}

static void
test_refusal_refused(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "state", "\"open\"", KIT_T0);
	kit_pass(k, MASTER);
	refuse_state(k, "\"closed\"");
	g_autoptr(json_ref) r = json_incref(kit_line(k, SLAVE, "change", NULL));
	k->refuses = "state";
	kit_receive(k, MASTER, r);
	g_assert_null(kit_line(k, MASTER, "change", NULL));
	g_assert_cmpstr(listed_how(k->it[MASTER], "state"), ==, HOW_DIFFERS);
}

static void
test_refused_item(kit *k)
{
	k->refuses = ITEM_LIFE;
	kit_show(k, MASTER, "title", "\"one\"", KIT_T0);
	kit_pass(k, MASTER);
	g_autoptr(json_ref) r = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_cmpstr(json_str(r, "life"), ==, LIFE_UNSHARED);
	k->refuses = NULL;
	kit_receive(k, MASTER, r);
	g_assert_null(k->shows[SLAVE]);
	kit_assert_shows(k, MASTER, "title", "\"one\"");
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	g_assert_null(kit_capture(k, MASTER));
}

static void
test_unsafe_name(kit *k)
{
	static const char file[] =
		"{\"kind\":\"file\",\"name\":\"a.png\",\"size\":3,\"sha256\":"
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}";

	kit_share(k);
	kit_show(k, MASTER, KIT_THING, file, KIT_T1);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	g_autoptr(json_ref) r = kit_forge(kit_capture(k, MASTER), "a.png", "../../a");
	g_assert_cmpint(kit_receive(k, SLAVE, r), ==, SYNC_MERGE);
	kit_assert_shows(k, SLAVE, "title", "\"two\"");
	g_assert_null(item_value(k->shows[SLAVE], KIT_THING));
	const json_t *back = kit_line(k, SLAVE, "change", NULL);
	const json_t *thing = json_array_get(json_object_get(back, "things"), 0);
	g_assert_true(json_flag(thing, "u"));
	g_assert_cmpstr(json_str(back, "why"), ==, "refused");
}

/* ---- deletion ---- */

static void
test_deletion(kit *k)
{
	kit_share(k);
	kit_delete(k, MASTER);
	kit_pass(k, MASTER);
	g_assert_null(k->shows[SLAVE]);
	sync_settle(k->it[MASTER], 1, 2);
	for (int i = 0; i < 2; i++)
		g_assert_cmpuint(json_object_size(k->it[i]->rows), ==, 1);
	g_assert_null(kit_capture(k, SLAVE));
}

/* Both begin anew while the slave has no such item; then it is there after all, by another way. */
static void
test_there_again(kit *k)
{
	kit_share(k);
	g_assert_null(kit_capture(k, MASTER));
	kit_delete(k, SLAVE);
	for (int i = 0; i < 2; i++)
		sync_freeze(&k->ctx[i], k->it[i], k->shows[i]);
	g_autofree char *sum = sync_sum(k->it[MASTER]), *gone = sync_sum(k->it[SLAVE]);
	kit_show(k, SLAVE, "title", "\"one\"", KIT_T0);
	kit_show(k, SLAVE, "due", "\"2026-05-01\"", KIT_T1);
	sync_pair(&k->ctx[SLAVE], k->it[SLAVE], 2, gone, sum, &k->out[SLAVE]);
	sync_pair(&k->ctx[MASTER], k->it[MASTER], 2, sum, gone, &k->out[MASTER]);
	g_autoptr(json_ref) r = json_incref(kit_line(k, MASTER, "change", NULL));
	g_assert_cmpint(kit_receive(k, SLAVE, r), ==, SYNC_MERGE);
	g_autoptr(json_ref) s = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_nonnull(s);
	kit_receive(k, MASTER, s);
	kit_assert_top(k, "due", "\"2026-05-01\"");
	kit_assert_shows(k, MASTER, "due", "\"2026-05-01\"");
}

static void
test_deletion_crossed(kit *k)
{
	kit_share(k);
	kit_show(k, SLAVE, "due", "\"2026-05-01\"", KIT_T1);
	g_autoptr(json_ref) s = json_incref(kit_capture(k, SLAVE));
	kit_delete(k, MASTER);
	g_autoptr(json_ref) m = json_incref(kit_capture(k, MASTER));
	kit_receive(k, SLAVE, m);
	kit_receive(k, MASTER, s);
	g_assert_true(kit_lost(k, SLAVE, "\"gone\""));
	g_assert_true(kit_lost(k, MASTER, "\"gone\""));
	kit_assert_shows(k, MASTER, "title", "\"one\"");
	kit_assert_shows(k, MASTER, "due", "\"2026-05-01\"");
	kit_assert_top(k, "due", "\"2026-05-01\"");
}

static void
test_deletion_unseen(kit *k)
{
	kit_share(k);
	k->refuses = "title";
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_pass(k, MASTER);
	kit_delete(k, SLAVE);
	g_assert_nonnull(kit_capture(k, SLAVE));
	g_assert_true(kit_lost(k, SLAVE, "\"two\""));
}

static void
test_deletion_refused(kit *k)
{
	kit_share(k);
	k->refuses = KIT_THING;
	kit_show(k, MASTER, KIT_THING, "{\"kind\":\"comment\",\"text\":\"x\"}", KIT_T1);
	kit_pass(k, MASTER);
	g_assert_cmpstr(listed_how(k->it[SLAVE], KIT_THING), ==, HOW_HELD);
	k->refuses = ITEM_LIFE;
	kit_delete(k, MASTER);
	kit_pass(k, MASTER);
	g_assert_cmpstr(listed_how(k->it[SLAVE], ITEM_LIFE), ==, HOW_HELD);
	g_assert_null(kit_capture(k, SLAVE));
	/* What was held before went with the item: a record of it would make an item of it alone.
	 */
	g_assert_null(listed_how(k->it[SLAVE], KIT_THING));
	sync_drop(&k->ctx[SLAVE], k->it[SLAVE], k->shows[SLAVE], KIT_THING, &k->out[SLAVE]);
	g_assert_null(kit_line(k, SLAVE, "change", NULL));

	/* Given up: what is shown here comes back to the partner. */
	k->refuses = NULL;
	sync_drop(&k->ctx[SLAVE], k->it[SLAVE], k->shows[SLAVE], ITEM_LIFE, &k->out[SLAVE]);
	g_autoptr(json_ref) r = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_true(json_flag(r, "full"));
	g_assert_cmpint(json_num(r, "gen", 0), ==, 2);
	kit_receive(k, MASTER, r);
	kit_assert_shows(k, MASTER, "title", "\"one\"");
}

/* The deletion is settled while the write that makes the item again is on its way. */
static void
test_settled_on_the_way(kit *k)
{
	g_autoptr(GError) e = NULL;
	json_t *intent = NULL;

	kit_share(k);
	kit_delete(k, SLAVE);
	g_assert_nonnull(kit_capture(k, SLAVE));
	kit_show(k, MASTER, "due", "\"2026-05-01\"", KIT_T1);
	g_autoptr(json_ref) r = json_incref(kit_capture(k, MASTER));
	g_assert_true(sync_merge(&k->ctx[SLAVE], k->it[SLAVE], NULL, r, FALSE, &k->out[SLAVE],
				 &intent, &e));
	g_assert_no_error(e);
	g_assert_nonnull(intent);
	sync_settle_later(k->it[SLAVE], 1, 1);
	kit_execute(k, SLAVE, intent);
	sync_cut(k->it[SLAVE]);
	g_assert_cmpuint(sync_k(k->it[SLAVE]), ==, 0);
	kit_assert_shows(k, SLAVE, "title", "\"one\"");
	g_assert_nonnull(sync_top(k->it[SLAVE], "title"));
}

/* ---- generations ---- */

static void
test_creation(kit *k)
{
	kit_show(k, MASTER, "title", "\"one\"", KIT_T0);
	const json_t *r = kit_capture(k, MASTER);
	g_assert_true(json_flag(r, "full"));
	g_assert_cmpint(json_num(r, "gen", 0), ==, 1);
	g_assert_cmpint(json_num(r, "own", 0), ==, 1);
	g_assert_cmpstr(json_str(r, "id"), ==, "M-1");
	g_assert_null(json_object_get(json_object_get(json_object_get(r, "set"), "title"), "b"));
	kit_receive(k, SLAVE, (json_t *)r);
	kit_assert_shows(k, SLAVE, "title", "\"one\"");
	g_assert_cmpstr(k->it[SLAVE]->partner_id, ==, "M-1");
	g_assert_null(kit_capture(k, SLAVE));
}

static void
test_out_of_scope(kit *k)
{
	kit_show(k, MASTER, "title", "\"one\"", KIT_T0);
	sync_capture(&k->ctx[MASTER], k->it[MASTER], k->shows[MASTER], FALSE, &k->out[MASTER]);
	g_assert_cmpuint(k->out[MASTER].lines->len, ==, 0);
	g_assert_cmpuint(k->it[MASTER]->gen, ==, 0);
}

/* Starts a generation at the master and hands it to the slave. */
static void
regenerate(kit *k)
{
	sync_out_clear(&k->out[MASTER]);
	sync_out_init(&k->out[MASTER]);
	sync_new_generation(&k->ctx[MASTER], k->it[MASTER], k->shows[MASTER], "resync",
			    &k->out[MASTER]);
	g_assert_true(k->out[MASTER].drop_lines);
	g_autoptr(json_ref) r = json_incref(kit_line(k, MASTER, "change", NULL));
	g_assert_true(json_flag(r, "full"));
	g_assert_cmpint(kit_receive(k, SLAVE, r), ==, SYNC_MERGE);
}

static void
test_generation_equal(kit *k)
{
	kit_share(k);
	regenerate(k);
	g_assert_cmpuint(k->it[SLAVE]->gen, ==, 2);
	g_assert_null(kit_line(k, SLAVE, "change", NULL));
}

static void
test_generation_differs(kit *k)
{
	kit_share(k);
	kit_show(k, SLAVE, "due", "\"2026-05-01\"", KIT_T1);
	regenerate(k);
	g_autoptr(json_ref) own = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_true(json_flag(own, "full"));
	g_assert_true(json_flag(own, "joined"));
	kit_receive(k, MASTER, own);
	kit_assert_top(k, "due", "\"2026-05-01\"");
	kit_assert_shows(k, MASTER, "due", "\"2026-05-01\"");
}

static void
test_generation_stale(kit *k)
{
	kit_share(k);
	kit_show(k, SLAVE, "due", "\"2026-05-01\"", KIT_T1);
	g_autoptr(json_ref) old = json_incref(kit_capture(k, SLAVE));
	sync_new_generation(&k->ctx[MASTER], k->it[MASTER], k->shows[MASTER], NULL,
			    &k->out[MASTER]);
	g_assert_cmpint(kit_receive(k, MASTER, old), ==, SYNC_STALE);
}

static void
test_already_here(kit *k)
{
	kit_show(k, MASTER, "title", "\"one\"", KIT_T0);
	g_autoptr(json_ref) r = json_incref(kit_capture(k, MASTER));
	g_assert_cmpint(sync_arrive(&k->ctx[SLAVE], k->it[SLAVE], r, TRUE, 0, NULL, &k->out[SLAVE]),
			==, SYNC_HELD);
	g_assert_cmpint(k->it[SLAVE]->why, ==, REASON_ALREADY_HERE);
	g_assert_nonnull(kit_line(k, SLAVE, "answer", "held"));
	g_assert_null(sync_waiting(k->it[SLAVE], TRUE));
	g_assert_nonnull(sync_waiting(k->it[SLAVE], FALSE));
}

static void
test_creation_dropped(kit *k)
{
	test_already_here(k);
	sync_drop_held(&k->ctx[SLAVE], k->it[SLAVE], NULL, &k->out[SLAVE]);
	g_autoptr(json_ref) r = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_cmpstr(json_str(r, "life"), ==, LIFE_UNSHARED);
	g_assert_cmpint(kit_receive(k, MASTER, r), ==, SYNC_MERGE);
	kit_assert_shows(k, MASTER, "title", "\"one\"");
	g_assert_false(sync_alive(k->it[MASTER]));
}

static void
test_repair(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	g_autoptr(json_ref) r = json_incref(kit_capture(k, MASTER));
	json_array_set_new(json_object_get(k->it[SLAVE]->rows, "title"), 0,
			   value_plain(NULL, NULL));
	kit_receive(k, SLAVE, r);
	g_assert_cmpint(k->it[SLAVE]->why, ==, REASON_BASES_DIFFER);
	g_assert_false(kit_release(k, SLAVE));
	sync_repair(&k->ctx[SLAVE], k->it[SLAVE], k->shows[SLAVE], &k->out[SLAVE]);
	g_assert_cmpint(k->it[SLAVE]->why, ==, 0);
	g_autoptr(json_ref) full = json_incref(kit_line(k, SLAVE, "change", NULL));
	g_assert_cmpint(kit_receive(k, MASTER, full), ==, SYNC_MERGE);
	g_autoptr(json_ref) own = json_incref(kit_line(k, MASTER, "change", NULL));
	g_assert_cmpint(kit_receive(k, SLAVE, own), ==, SYNC_MERGE);
	kit_assert_top(k, "title", "\"two\"");
	kit_assert_shows(k, SLAVE, "title", "\"two\"");
}

static void
test_envelope_refused(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_capture(k, MASTER);
	g_autoptr(json_ref) answer =
		json_pack("{s:s,s:s,s:i,s:i,s:s,s:i}", "t", "answer", "uid", KIT_UID, "gen", 1,
			  "own", 2, "code", "refused", "reason", REASON_ENVELOPE_REFUSED);
	sync_answer(&k->ctx[MASTER], k->it[MASTER], answer, &k->out[MASTER]);
	g_assert_cmpuint(k->it[MASTER]->gen, ==, 2);
	sync_answer(&k->ctx[MASTER], k->it[MASTER], answer, &k->out[MASTER]);
	g_assert_cmpuint(k->it[MASTER]->gen, ==, 2);
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
	{test_refused_hold, "what_a_tracker_refuses_waits_for_the_operator"},
	{test_retry, "what_is_held_can_be_tried_again"},
	{test_drop, "what_is_held_can_be_given_up"},
	{test_edit_overrules, "an_edit_of_what_is_held_logs_what_it_overrules"},
	{test_refused_keep, "where_the_contract_says_keep_the_sides_differ"},
	{test_refused_revert, "the_same_value_is_refused_back_once"},
	{test_refusal_refused, "a_refusal_is_not_refused_back"},
	{test_refused_item, "a_refused_new_item_is_unshared"},
	{test_unsafe_name, "a_file_with_an_unsafe_name_is_refused_alone"},
	{test_deletion, "an_uncrossed_deletion_deletes_and_leaves_a_tombstone"},
	{test_there_again, "what_came_by_another_way_while_both_compared_is_stated"},
	{test_deletion_crossed, "a_crossed_deletion_makes_the_item_again"},
	{test_deletion_unseen, "a_deletion_logs_what_the_person_never_saw"},
	{test_settled_on_the_way, "what_is_made_again_keeps_all_that_was_agreed"},
	{test_deletion_refused, "a_refused_deletion_can_be_given_up"},
	{test_creation, "a_creation_is_generation_one"},
	{test_out_of_scope, "what_is_out_of_scope_stays_here"},
	{test_generation_equal, "a_generation_that_states_the_same_needs_no_record"},
	{test_generation_differs, "a_generation_is_joined_with_what_differs"},
	{test_generation_stale, "a_record_of_an_older_generation_is_dropped"},
	{test_already_here, "what_came_through_another_link_waits"},
	{test_creation_dropped, "a_dropped_creation_is_unshared"},
	{test_repair, "differing_bases_stop_the_item_and_are_repaired"},
	{test_envelope_refused, "a_refused_envelope_begins_one_generation"},
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/sync_generation/", tests[i].name, NULL);
		g_test_add_data_func(path, &tests[i].test, run);
	}
	return g_test_run();
}
