#include "sync_kit.h"

#include <string.h>

static void
test_capture_one(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "due", "\"2026-05-01\"", KIT_T1);
	const json_t *r = kit_capture(k, MASTER), *set = json_object_get(r, "set");

	g_assert_nonnull(r);
	g_assert_cmpuint(json_object_size(set), ==, 1);
	g_assert_cmpstr(json_str(json_object_get(set, "due"), "v"), ==, "2026-05-01");
	g_assert_cmpstr(json_str(json_object_get(set, "due"), "at"), ==, KIT_T1);
	g_assert_cmpstr(json_str(json_object_get(set, "due"), "b"), ==, "");
	g_assert_cmpstr(json_str(r, "life"), ==, "live#2,0");
	g_assert_cmpint(json_num(r, "own", 0), ==, 2);
	g_assert_null(kit_capture(k, MASTER));
}

static void
test_capture_base(kit *k)
{
	g_autoptr(json_ref) one = json_string("one");
	g_autofree char *hash = json_hash(one);

	kit_share(k);
	kit_show(k, SLAVE, "title", "\"two\"", KIT_T1);
	const json_t *r = kit_capture(k, SLAVE);
	const json_t *title = json_object_get(json_object_get(r, "set"), "title");
	g_assert_cmpstr(json_str(title, "b"), ==, hash);
	g_assert_cmpstr(json_str(r, "life"), ==, "live#0,1");
}

static void
test_capture_time(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_capture(k, MASTER);
	kit_show(k, MASTER, "title", "\"three\"", KIT_T0);
	const json_t *set = json_object_get(kit_capture(k, MASTER), "set");
	g_assert_cmpstr(json_str(json_object_get(set, "title"), "at"), ==, KIT_T1);
}

static void
test_capture_contract(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "secret", "\"x\"", KIT_T1);
	kit_show(k, MASTER, KIT_THING, "{\"kind\":\"row\",\"type\":\"part\"}", KIT_T1);
	g_assert_null(kit_capture(k, MASTER));
}

static void
test_capture_unsent(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "state", "\"strange\"", KIT_T1);
	g_assert_null(kit_capture(k, MASTER));
	g_assert_cmpstr(listed_how(k->it[MASTER], "state"), ==, HOW_UNSENT);
	kit_show(k, MASTER, "state", "\"open\"", KIT_T1);
	g_assert_nonnull(kit_capture(k, MASTER));
	g_assert_null(listed_how(k->it[MASTER], "state"));
}

static void
test_unsent_overwritten(kit *k)
{
	kit_share(k);
	kit_show(k, SLAVE, "state", "\"strange\"", KIT_T1);
	kit_show(k, MASTER, "state", "\"open\"", KIT_T1);
	kit_pass(k, MASTER);
	kit_assert_shows(k, SLAVE, "state", "\"open\"");
	g_assert_true(kit_lost(k, SLAVE, "\"strange\""));
}

/* The slave's tracker shows VALUE of another link for REG, and this link what it knows. */
static void
mask(kit *k, const char *reg, const char *value)
{
	item *it = k->shows[SLAVE];

	if (it->masked == NULL)
		it->masked = json_object();
	json_object_set_new(it->masked, reg, json_loads(value, JSON_DECODE_ANY, NULL));
}

static void
test_masked_overwritten(kit *k)
{
	kit_share(k);
	mask(k, "title", "\"of another\"");
	mask(k, "state", "\"open\"");
	g_assert_null(kit_capture(k, SLAVE));
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_pass(k, MASTER);
	kit_assert_shows(k, SLAVE, "title", "\"two\"");
	g_assert_true(kit_lost(k, SLAVE, "\"of another\""));
	g_assert_cmpuint(k->out[SLAVE].losses->len, ==, 1);
}

static void
test_masked_alike(kit *k)
{
	kit_share(k);
	mask(k, "title", "\"two\"");
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_pass(k, MASTER);
	g_assert_cmpuint(k->out[SLAVE].losses->len, ==, 0);
	kit_show(k, MASTER, "title", "\"three\"", KIT_T2);
	kit_pass(k, MASTER);
	g_assert_cmpuint(k->out[SLAVE].losses->len, ==, 0);
}

static void
test_masked_deleted(kit *k)
{
	kit_share(k);
	mask(k, "title", "\"of another\"");
	mask(k, KIT_THING, "{\"kind\":\"comment\",\"text\":\"a\"}");
	mask(k, "secret", "\"not of the contract\"");
	kit_delete(k, MASTER);
	kit_pass(k, MASTER);
	g_assert_true(kit_lost(k, SLAVE, "\"of another\""));
	g_assert_true(kit_lost(k, SLAVE, "{\"kind\":\"comment\",\"text\":\"a\"}"));
	g_assert_cmpuint(k->out[SLAVE].losses->len, ==, 2);
}

static void
test_emptied(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", NULL, NULL);
	kit_pass(k, MASTER);
	kit_assert_top(k, "title", NULL);
	g_assert_nonnull(sync_top(k->it[SLAVE], "title"));
	g_assert_true(json_is_null(item_value(k->shows[SLAVE], "title")));
}

static void
test_crossing(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"mine\"", KIT_T1);
	kit_show(k, SLAVE, "title", "\"yours\"", KIT_T2);
	g_autoptr(json_ref) m = json_incref(kit_capture(k, MASTER));
	g_autoptr(json_ref) s = json_incref(kit_capture(k, SLAVE));
	kit_receive(k, SLAVE, m);
	g_assert_true(kit_lost(k, SLAVE, "\"mine\""));
	kit_receive(k, MASTER, s);
	g_assert_true(kit_lost(k, MASTER, "\"mine\""));
	const json_t *loss = k->out[MASTER].losses->pdata[0];
	g_assert_cmpstr(json_str(loss, "mine"), ==, "mine");
	g_assert_cmpstr(json_str(loss, "theirs"), ==, "yours");
	g_assert_cmpstr(json_str(loss, "winner"), ==, "yours");
	kit_assert_top(k, "title", "\"yours\"");
	kit_assert_shows(k, MASTER, "title", "\"yours\"");
	g_assert_null(kit_capture(k, MASTER));
	g_assert_null(kit_capture(k, SLAVE));
}

/* The partner's record is carried through each of mine, not only laid over the top. */
static void
test_whole_row(kit *k)
{
	kit_share(k);
	kit_show(k, SLAVE, "labels", "[\"a\",\"b\"]", KIT_T1);
	g_autoptr(json_ref) s = json_incref(kit_capture(k, SLAVE));
	kit_show(k, MASTER, "labels", "[\"a\"]", KIT_T1);
	g_autoptr(json_ref) m1 = json_incref(kit_capture(k, MASTER));
	kit_show(k, MASTER, "labels", NULL, NULL);
	g_autoptr(json_ref) m2 = json_incref(kit_capture(k, MASTER));
	kit_receive(k, SLAVE, m1);
	kit_receive(k, MASTER, s);
	kit_receive(k, SLAVE, m2);
	kit_assert_top(k, "labels", "[\"b\"]");
}

/* The token of what the slave is to write for RECORD of the master, in the life EPOCH. */
static char *
token_of(kit *k, const char *epoch, const json_t *record)
{
	g_autoptr(json_ref) doc = sync_item_to_json(k->it[SLAVE]),
			    one = json_copy((json_t *)record);
	g_autoptr(sync_item) it = sync_item_from_json(k->it[SLAVE]->uid, doc, NULL);
	g_autoptr(json_ref) intent = NULL;
	json_t *made = NULL;
	sync_ctx ctx = k->ctx[SLAVE];
	sync_out out;

	ctx.epoch = epoch;
	sync_out_init(&out);
	g_assert_true(sync_merge(&ctx, it, k->shows[SLAVE], one, FALSE, &out, &made, NULL));
	intent = made;
	sync_out_clear(&out);
	return g_strdup(json_str(intent, "token"));
}

static void
test_token(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	const json_t *r = kit_capture(k, MASTER);
	g_autofree char *one = token_of(k, "a", r), *again = token_of(k, "a", r);
	g_autofree char *other = token_of(k, "b", r);

	g_assert_nonnull(one);
	g_assert_cmpstr(one, ==, again);
	g_assert_cmpstr(one, !=, other);
}

static void
test_conflict_open(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "text", "\"mine\"", KIT_T1);
	kit_show(k, SLAVE, "text", "\"yours\"", KIT_T2);
	g_autoptr(json_ref) m = json_incref(kit_capture(k, MASTER));
	g_autoptr(json_ref) s = json_incref(kit_capture(k, SLAVE));
	kit_receive(k, SLAVE, m);
	kit_receive(k, MASTER, s);
	g_assert_cmpint(value_form_of(sync_top(k->it[MASTER], "text")), ==, VALUE_CONFLICT);
	g_assert_true(value_eq(sync_top(k->it[MASTER], "text"), sync_top(k->it[SLAVE], "text")));
	kit_assert_shows(k, MASTER, "text", "\"mine\"");
	kit_assert_shows(k, SLAVE, "text", "\"yours\"");
	const json_t *loss = k->out[MASTER].losses->pdata[0];
	g_assert_true(json_flag(loss, "open"));
	g_assert_cmpstr(json_str(loss, "value"), ==, "yours");
}

static void
test_conflict_resolved(kit *k)
{
	json_t *intent = NULL;

	test_conflict_open(k);
	sync_out_clear(&k->out[MASTER]);
	sync_out_init(&k->out[MASTER]);
	g_assert_true(sync_resolve(&k->ctx[MASTER], k->it[MASTER], k->shows[MASTER], "text",
				   "theirs", NULL, &k->out[MASTER], &intent, NULL));
	g_assert_true(kit_lost(k, MASTER, "\"mine\""));
	g_autoptr(json_ref) r = json_incref(kit_line(k, MASTER, "change", NULL));
	kit_execute(k, MASTER, intent);
	kit_assert_shows(k, MASTER, "text", "\"yours\"");
	g_assert_cmpint(kit_receive(k, SLAVE, r), ==, SYNC_MERGE);
	kit_assert_top(k, "text", "\"yours\"");
	g_assert_false(sync_resolve(&k->ctx[MASTER], k->it[MASTER], k->shows[MASTER], "text",
				    "mine", NULL, &k->out[MASTER], &intent, NULL));
}

/* My edit moves my candidate only; typing what the other has closes the conflict. */
static void
test_conflict_edited(kit *k)
{
	test_conflict_open(k);
	kit_show(k, MASTER, "text", "\"other\"", KIT_T2);
	kit_pass(k, MASTER);
	g_assert_cmpint(value_form_of(sync_top(k->it[SLAVE], "text")), ==, VALUE_CONFLICT);
	kit_assert_shows(k, SLAVE, "text", "\"yours\"");
	kit_show(k, SLAVE, "text", "\"other\"", KIT_T2);
	kit_pass(k, SLAVE);
	kit_assert_top(k, "text", "\"other\"");
}

static void
test_read_back(kit *k)
{
	kit_share(k);
	k->stores = "short";
	kit_show(k, MASTER, "title", "\"much too long\"", KIT_T1);
	kit_pass(k, MASTER);
	const json_t *as = kit_line(k, SLAVE, "answer", "as");
	g_assert_cmpstr(json_str(as, "reg"), ==, "title");
	g_assert_cmpstr(json_str(as, "text"), ==, "short");
	g_assert_cmpstr(listed_how(k->it[SLAVE], "title"), ==, HOW_AS);
	kit_assert_top(k, "title", "\"much too long\"");
	g_assert_null(kit_capture(k, SLAVE)); /* no echo */
}

static void
test_read_back_unchanged(kit *k)
{
	kit_share(k);
	k->stores = "";
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	kit_pass(k, MASTER);
	g_assert_nonnull(kit_line(k, SLAVE, "answer", "refused"));
	g_assert_cmpstr(listed_how(k->it[SLAVE], "title"), ==, HOW_HELD);
}

static void
test_things(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, KIT_THING, "{\"kind\":\"comment\",\"text\":\"a\",\"by\":\"eve\"}",
		 KIT_T1);
	kit_pass(k, MASTER);
	kit_assert_shows(k, SLAVE, KIT_THING,
			 "{\"by\":\"eve\",\"kind\":\"comment\",\"text\":\"a\"}");
	kit_show(k, SLAVE, KIT_THING, "{\"kind\":\"comment\",\"text\":\"b\",\"by\":\"eve\"}",
		 KIT_T2);
	g_autoptr(json_ref) s = json_incref(kit_capture(k, SLAVE));
	kit_show(k, MASTER, KIT_THING, NULL, NULL);
	g_autoptr(json_ref) m = json_incref(kit_capture(k, MASTER));
	kit_receive(k, MASTER, s);
	kit_receive(k, SLAVE, m);
	kit_assert_top(k, KIT_THING, "{\"by\":\"eve\",\"kind\":\"comment\",\"text\":\"b\"}");
	kit_assert_shows(k, MASTER, KIT_THING,
			 "{\"by\":\"eve\",\"kind\":\"comment\",\"text\":\"b\"}");
}

static void
test_references(kit *k)
{
	kit_share(k);
	k->other_there = FALSE;
	kit_show(k, MASTER, ITEM_PARENT, "\"" KIT_OTHER "\"", KIT_T1);
	g_assert_null(kit_capture(k, MASTER));
	k->other_there = TRUE;
	g_autoptr(json_ref) r = json_incref(kit_capture(k, MASTER));
	k->other_there = FALSE;
	kit_receive(k, SLAVE, r);
	g_assert_null(item_value(k->shows[SLAVE], ITEM_PARENT));
	g_assert_null(sync_refs_due(&k->ctx[SLAVE], k->it[SLAVE]));
	k->other_there = TRUE;
	g_autoptr(GPtrArray) due = sync_refs_due(&k->ctx[SLAVE], k->it[SLAVE]);
	g_assert_nonnull(due);
	kit_execute(k, SLAVE, sync_replan(&k->ctx[SLAVE], k->it[SLAVE], k->shows[SLAVE], due));
	kit_assert_shows(k, SLAVE, ITEM_PARENT, "\"" KIT_OTHER "\"");

	/* It goes with its other end: no edit. */
	k->other_there = FALSE;
	kit_show(k, SLAVE, ITEM_PARENT, NULL, NULL);
	g_assert_null(kit_capture(k, SLAVE));
	kit_assert_top(k, ITEM_PARENT, "\"" KIT_OTHER "\"");
}

static void
test_cut(kit *k)
{
	kit_share(k);
	kit_show(k, MASTER, "title", "\"two\"", KIT_T1);
	g_autoptr(json_ref) r = json_incref(kit_capture(k, MASTER));
	g_autoptr(json_ref) held = json_pack("{s:s,s:s,s:i,s:i,s:s}", "t", "answer", "uid", KIT_UID,
					     "gen", 1, "own", 2, "code", "held");
	g_autoptr(json_ref) applied = json_pack("{s:s,s:s,s:i,s:i,s:s}", "t", "answer", "uid",
						KIT_UID, "gen", 1, "own", 2, "code", "applied");
	g_autoptr(json_ref) other = json_pack("{s:s,s:s,s:i,s:i,s:s}", "t", "answer", "uid",
					      KIT_UID, "gen", 7, "own", 2, "code", "applied");

	sync_answer(&k->ctx[MASTER], k->it[MASTER], held, &k->out[MASTER]);
	sync_settle(k->it[MASTER], 1, 2);
	g_assert_cmpuint(sync_k(k->it[MASTER]), ==, 1);
	sync_answer(&k->ctx[MASTER], k->it[MASTER], other, &k->out[MASTER]);
	g_assert_cmpuint(sync_k(k->it[MASTER]), ==, 1);
	json_array_append(k->it[MASTER]->inq, r);
	sync_answer(&k->ctx[MASTER], k->it[MASTER], applied, &k->out[MASTER]);
	g_assert_cmpuint(sync_k(k->it[MASTER]), ==, 1);
	json_array_clear(k->it[MASTER]->inq);
	sync_cut(k->it[MASTER]);
	g_assert_cmpuint(sync_k(k->it[MASTER]), ==, 0);
}

/* A cut that comes between the intent and its end. */
static void
test_cut_meanwhile(kit *k)
{
	json_t *intent = NULL;

	kit_share(k);
	kit_show(k, MASTER, "due", "\"2026-05-01\"", KIT_T1);
	kit_capture(k, MASTER);
	kit_show(k, SLAVE, "title", "\"two\"", KIT_T1);
	g_autoptr(json_ref) s = json_incref(kit_capture(k, SLAVE));
	g_assert_true(sync_merge(&k->ctx[MASTER], k->it[MASTER], k->shows[MASTER], s, FALSE,
				 &k->out[MASTER], &intent, NULL));
	sync_settle(k->it[MASTER], 1, 2);
	kit_execute(k, MASTER, intent);
	g_assert_cmpuint(json_array_size(json_object_get(k->it[MASTER]->rows, "title")), ==, 1);
	kit_assert_shows(k, MASTER, "title", "\"two\"");
}

static void
test_state(kit *k)
{
	test_conflict_open(k);
	kit_show(k, MASTER, "state", "\"strange\"", KIT_T1);
	kit_capture(k, MASTER);
	g_autoptr(json_ref) j = sync_item_to_json(k->it[MASTER]);
	g_autoptr(sync_item) back = sync_item_from_json(KIT_UID, j, NULL);
	kit_assert_same(k->it[MASTER], back);
	json_array_append_new(json_object_get(json_object_get(j, "rows"), "title"), json_null());
	g_autoptr(GError) error = NULL;
	g_assert_null(sync_item_from_json(KIT_UID, j, &error));
	g_assert_cmpint(fail_class(error), ==, FAIL_BUG);
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
	{test_capture_one, "a_local_edit_is_one_record_of_what_changed"},
	{test_capture_base, "a_record_states_the_hash_of_what_was_before"},
	{test_capture_time, "the_time_of_a_value_never_goes_back"},
	{test_capture_contract, "what_the_contract_does_not_name_does_not_travel"},
	{test_capture_unsent, "a_value_outside_the_contract_is_listed_and_not_sent"},
	{test_unsent_overwritten, "a_value_never_sent_is_logged_when_it_is_overwritten"},
	{test_masked_overwritten, "so_is_what_another_link_wrote"},
	{test_masked_alike, "but_not_what_the_partner_wrote_as_well"},
	{test_masked_deleted, "and_it_goes_with_the_item_into_the_log"},
	{test_emptied, "an_emptied_field_is_a_value"},
	{test_crossing, "crossing_edits_end_equal_and_both_log_the_loser"},
	{test_whole_row, "a_record_is_carried_through_every_record_of_mine"},
	{test_token, "a_record_of_another_life_has_another_token"},
	{test_conflict_open, "in_an_open_conflict_each_side_shows_its_own"},
	{test_conflict_resolved, "an_open_conflict_is_resolved_once_for_both"},
	{test_conflict_edited, "an_edit_in_an_open_conflict_moves_my_candidate"},
	{test_read_back, "what_a_tracker_stores_otherwise_is_no_edit"},
	{test_read_back_unchanged, "a_write_that_changes_nothing_is_refused"},
	{test_things, "an_edited_comment_beats_its_deletion"},
	{test_references, "a_reference_is_shown_only_with_its_other_end"},
	{test_cut, "rows_are_cut_only_below_what_is_held_on_either_side"},
	{test_cut_meanwhile, "a_cut_while_a_write_is_on_its_way_is_done_to_its_rows"},
	{test_state, "the_state_of_an_item_survives_as_json"},
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/sync/", tests[i].name, NULL);
		g_test_add_data_func(path, &tests[i].test, run);
	}
	return g_test_run();
}
