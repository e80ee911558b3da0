#include "gateway_kit.h"

#include <string.h>

#include "base/fail.h"
#include "base/fault.h"

#define MANY  12 /* items: more than a brake lets go at once */
#define READS 20 /* of a pass, up to where it looks after its files and some more */

static void
assert_titles(kit *k, int who, const char *expected)
{
	g_autofree char *titles = kit_titles(k, who);

	g_assert_cmpstr(titles, ==, expected);
}

/* Of one agreed item, Anna makes TITLE the title; the path of the envelope that says so. */
static char *
retitled(kit *k, const char *title)
{
	kit_set_title(k, ANNA, "1", title);
	kit_pass(k, ANNA);
	return kit_take_sent(k);
}

static void
agree_on_one(kit *k)
{
	g_autofree char *id = kit_new(k, ANNA, "Pump");

	kit_settle(k);
	assert_titles(k, BERT, "Pump");
}

static void
an_edit_arrives(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	agree_on_one(k);
	g_autofree char *file = retitled(k, "Valve");
	kit_arrives(k, file);
	kit_pass(k, BERT);
	assert_titles(k, BERT, "Valve");
	g_assert_cmpint(kit_reason(k), ==, 0);
}

/* ---- from whom, to whom ---- */

static void
assert_refused(kit *k, void (*alter)(manifest *), int reason)
{
	agree_on_one(k);
	g_autofree char *file = retitled(k, "Valve");
	g_autofree char *forged = kit_forge(k, file, alter);
	kit_arrives(k, forged);
	kit_pass(k, BERT);
	assert_titles(k, BERT, "Pump");
	g_assert_cmpint(kit_reason(k), ==, reason);
	kit_arrives(k, file);
	kit_pass(k, BERT);
	assert_titles(k, BERT, "Valve");
}

static void
to_her(manifest *m)
{
	g_free(m->to);
	m->to = g_strdup(m->from);
}

static void
one_to_another_key_is_refused(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	assert_refused(k, to_her, REASON_ADDRESSEE);
}

static void
from_him(manifest *m)
{
	g_free(m->from);
	m->from = g_strdup(m->to);
}

static void
one_from_another_key_than_its_signer_is_refused(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	assert_refused(k, from_him, REASON_ADDRESSEE);
}

/* ---- numbers ---- */

static void
a_number_counts_once(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	agree_on_one(k);
	g_autofree char *file = retitled(k, "Valve");
	kit_arrives(k, file);
	g_assert_cmpuint(kit_pass(k, BERT).taken, ==, 1);
	kit_arrives(k, file);
	g_assert_cmpuint(kit_pass(k, BERT).taken, ==, 0);
	assert_titles(k, BERT, "Valve");
}

static void
a_number_ahead_waits_and_counts_once(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	agree_on_one(k);
	g_autofree char *first = retitled(k, "Valve");
	g_autofree char *second = retitled(k, "Seal");
	g_autofree char *anew = kit_forge(k, second, NULL);
	kit_arrives(k, second);
	kit_pass(k, BERT);
	assert_titles(k, BERT, "Pump");
	g_assert_cmpstr(second, !=, anew);
	kit_arrives(k, anew);
	g_assert_cmpuint(kit_pass(k, BERT).taken, ==, 0);
	kit_arrives(k, first);
	g_assert_cmpuint(kit_pass(k, BERT).applied, ==, 2);
	assert_titles(k, BERT, "Seal");
	g_assert_cmpint(kit_reason(k), ==, 0);
}

/* A pass of Bert's, line by line, that fails when it comes to write the second of them. */
static void
fail_at_the_second_line(kit *k)
{
	static const char *const overrides[] = {"sync.batch=1", NULL};
	g_autoptr(GError) e = NULL;
	g_auto(kit_link) l = kit_open(k, BERT, GATE_WORK, overrides);
	pass_report report = {0};

	fault_arm("tracker-before", 2, FAULT_FAIL);
	g_assert_false(gateway_pass(l.g, &report, &e));
	fault_disarm();
	g_assert_nonnull(strstr(e->message, "tracker-before"));
	g_free(report.away);
}

static void
a_line_is_taken_once_whatever_fails(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *pump = kit_new(k, ANNA, "Pump"), *valve = kit_new(k, ANNA, "Valve");
	kit_pass(k, ANNA);
	kit_carry(k, ANNA);
	fail_at_the_second_line(k);
	assert_titles(k, BERT, "Pump");
	g_assert_cmpuint(kit_pass(k, BERT).held, ==, 0);
	assert_titles(k, BERT, "Pump Valve");
}

/* A pass of Bert's whose NTH read of the state fails; whether the pass does, is its affair. */
static void
pass_without_read(kit *k, guint nth)
{
	g_autoptr(GError) e = NULL;
	g_auto(kit_link) l = kit_open(k, BERT, GATE_WORK, NULL);
	pass_report report = {0};

	fault_arm("db-query", nth, FAULT_FAIL);
	g_assert_true(gateway_pass(l.g, &report, &e) || fail_is(e, FAIL_RETRY));
	fault_disarm();
	g_free(report.away);
}

static void
set_parent(kit *k, int who, const char *id, const char *parent)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(desk) d = desk_open(k->home[who], "tester", FALSE, &e);
	g_autoptr(json_ref) fields = json_object();

	g_assert_no_error(e);
	json_put(fields, "parent", parent);
	desk_set(d, id, fields, &e);
	g_assert_no_error(e);
}

static gboolean
has_parent(kit *k, int who, const char *id)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(desk) d = desk_open(k->home[who], "tester", FALSE, &e);
	g_autoptr(json_ref) shown = NULL;

	g_assert_no_error(e);
	desk_show(d, id, FALSE, &shown, &e);
	g_assert_no_error(e);
	return json_is_string(json_object_get(shown, "parent"));
}

/* The parent is shared only after its child: that is one more change of the child. */
static void
a_reference_waits_for_room_in_the_window(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	static const char *const overrides[] = {"sync.window=1", NULL};
	g_autoptr(GError) e = NULL;
	g_autofree char *child = kit_new(k, ANNA, "child"), *parent = kit_new(k, ANNA, "parent");
	pass_report report = {0};

	set_parent(k, ANNA, child, parent);
	kit_set_title(k, ANNA, parent, "captured last");
	{
		g_auto(kit_link) l = kit_open(k, ANNA, GATE_WORK, overrides);
		g_assert_true(gateway_pass(l.g, &report, &e));
		g_assert_no_error(e);
	}
	g_assert_cmpuint(report.captured, ==, 2);
	kit_settle(k);
	g_assert_true(has_parent(k, BERT, child));
}

/* An envelope that waits in the inbox and whose number cannot be looked up is not one without. */
static void
a_failed_read_costs_no_envelope(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	for (guint nth = 1; nth <= READS; nth++) {
		g_autofree char *pump = kit_new(k, ANNA, "Pump");
		g_autofree char *valve = kit_new(k, ANNA, "Valve");

		kit_pass(k, ANNA);
		kit_carry(k, ANNA);
		fail_at_the_second_line(k);
		pass_without_read(k, nth);
		kit_settle(k);
		kit_delete(k, ANNA, pump);
		kit_delete(k, ANNA, valve);
		kit_settle(k);
		assert_titles(k, BERT, "");
	}
}

/* ---- pairing ---- */

/* The name of the one file in DIR that WHAT occurs in, or NULL; caller frees. */
static char *
name_with(const char *dir, const char *what)
{
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d != NULL && (name = g_dir_read_name(d)) != NULL)
		if (strstr(name, what) != NULL)
			return g_strdup(name);
	return NULL;
}

/* Its signature is no good, what is in it is the same. */
static void
a_damaged_copy_of_s1_is_not_answered(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *archive = g_build_filename(k->home[ANNA], "links/bert/archive", NULL);
	g_autofree char *name = name_with(archive, "-s00000001-");
	g_assert_nonnull(name);
	g_autofree char *path = g_build_filename(archive, name, NULL);
	g_autofree char *data = NULL;
	gsize len;

	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	char *end = strchr(data, '\n');
	g_assert_nonnull(end);
	end[-1] = end[-1] == '0' ? '1' : '0';
	g_autofree char *sum =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)data, len);
	char *hash8 = strstr(name, "-s00000001-") + strlen("-s00000001-");
	memcpy(hash8, sum, 8);
	g_autofree char *copy = g_build_filename(k->receive[ANNA], name, NULL);
	g_assert_true(g_file_set_contents(copy, data, (gssize)len, NULL));
	kit_pass(k, ANNA);
	g_autofree char *quarantine =
		g_build_filename(k->home[ANNA], "links/bert/quarantine", NULL);
	g_autofree char *there = name_with(quarantine, ".json");
	g_assert_nonnull(there);
	g_autofree char *answer = name_with(k->send[ANNA], "-mx");
	g_assert_null(answer);
}

/* ---- the brake ---- */

static void
many_deletions_wait_for_a_yes(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GString) all = g_string_new(NULL);
	char *ids[MANY];

	for (guint i = 0; i < MANY; i++) {
		g_autofree char *title = g_strdup_printf("Pump%u", i);
		ids[i] = kit_new(k, ANNA, title);
		g_string_append_printf(all, "%s%s", i > 0 ? " " : "", title);
	}
	kit_settle(k);
	assert_titles(k, BERT, all->str);
	for (guint i = 0; i < MANY; i++) {
		kit_delete(k, ANNA, ids[i]);
		g_free(ids[i]);
	}
	kit_settle(k);
	assert_titles(k, BERT, all->str);
	g_assert_cmpuint(kit_pass(k, ANNA).braked, ==, MANY);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/gateway/" #name, kit, NULL, kit_set_up, name, kit_tear_down)
	ADD(an_edit_arrives);
	ADD(one_to_another_key_is_refused);
	ADD(one_from_another_key_than_its_signer_is_refused);
	ADD(a_number_counts_once);
	ADD(a_number_ahead_waits_and_counts_once);
	ADD(a_line_is_taken_once_whatever_fails);
	ADD(a_reference_waits_for_room_in_the_window);
	ADD(a_failed_read_costs_no_envelope);
	ADD(a_damaged_copy_of_s1_is_not_answered);
	ADD(many_deletions_wait_for_a_yes);
#undef ADD
	return g_test_run();
}
