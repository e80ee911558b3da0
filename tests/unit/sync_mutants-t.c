#include "sync/sync_private.h"
#include "sync_play.h"

/*
 * Each rule is left out in turn; the simulation that passes with all of them must notice.  Built
 * with SYNC_MUTANTS, like everything of src/sync that it is linked with.
 */
#define SEEDS_MAX 400

#ifndef SYNC_MUTANTS
#error "build this test, and src/sync for it, with -DSYNC_MUTANTS"
#endif

typedef struct {
	const char *name; /* of the test: what breaks without the rule */
	guint rule;       /* of src/sync; 0: one of the caller's */
	gboolean no_at, no_token;
	double gen, crash; /* added to the usual hostility */
	gboolean norm;
} mutant;

static const mutant mutants[] = {
	{.name = "without_capture_before_the_merge_values_are_lost",
	 .rule = SYNC_RULE_CAPTURE_FIRST},
	{.name = "without_the_whole_row_the_sides_differ", .rule = SYNC_RULE_FOLD},
	{.name = "without_the_join_of_lives_a_deletion_wins_over_an_edit", .rule = SYNC_RULE_JOIN},
	{.name = "without_an_own_full_record_values_are_lost",
	 .rule = SYNC_RULE_OWN_GEN,
	 .gen = 0.06},
	{.name = "without_the_generation_of_answers_rows_are_cut_too_early",
	 .rule = SYNC_RULE_ANSWER_GEN,
	 .gen = 0.06},
	{.name = "without_keeping_rows_for_what_is_held_it_does_not_fit",
	 .rule = SYNC_RULE_HELD_CUT},
	{.name = "without_the_shadow_of_a_write_it_echoes", .rule = SYNC_RULE_SHADOW, .norm = TRUE},
	{.name = "without_the_at_of_an_ack_rows_are_cut_too_early", .no_at = TRUE},
	{.name = "without_the_token_a_write_is_done_twice", .no_token = TRUE, .crash = 0.16},
};

static void
test_mutant(gconstpointer data)
{
	const mutant *m = data;
	play_options o = play_usual;
	gboolean noticed = FALSE;

	o.no_at = m->no_at;
	o.no_token = m->no_token;
	o.gen = m->gen;
	o.crash += m->crash;
	o.norm = m->norm;
	sync_left_out = m->rule;
	for (guint32 seed = 1; seed <= SEEDS_MAX && !noticed; seed++) {
		g_autofree char *bad = play(seed, &o);
		noticed = bad != NULL;
		if (noticed)
			g_test_message("seed %u: %s", seed, bad);
	}
	sync_left_out = 0;
	g_assert_true(noticed);
}

static void
test_dangling(void)
{
	sync_left_out = SYNC_RULE_DANGLE;
	g_autofree char *bad = play_dangling();
	sync_left_out = 0;
	g_assert_nonnull(bad);
}

/* The build with switches is the same as the one without while none is thrown. */
static void
test_whole(void)
{
	for (guint32 seed = 1; seed <= 20; seed++) {
		g_autofree char *bad = play(seed, &play_usual);
		g_assert_cmpstr(bad, ==, NULL);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sync_mutants/with_all_rules_nothing_is_noticed", test_whole);
	for (gsize i = 0; i < G_N_ELEMENTS(mutants); i++) {
		g_autofree char *path = g_strconcat("/sync_mutants/", mutants[i].name, NULL);
		g_test_add_data_func(path, &mutants[i], test_mutant);
	}
	g_test_add_func("/sync_mutants/without_the_rule_of_dangling_references_items_come_back",
			test_dangling);
	return g_test_run();
}
