#include "handshake/offer.h"

#include "tests/unit/offer_kit.h"

static void
assert_same(const offer *a, const offer *b)
{
	g_assert_cmpstr(a->link, ==, b->link);
	g_assert_cmpstr(a->id, ==, b->id);
	g_assert_cmpstr(a->site, ==, b->site);
	g_assert_cmpstr(a->site_id, ==, b->site_id);
	g_assert_cmpstr(a->description, ==, b->description);
	g_assert_cmpstr(a->channel, ==, b->channel);
	g_assert_cmpstr(a->address, ==, b->address);
	g_assert_true(json_equal(a->contract, b->contract));
	g_assert_cmpstr(a->protect, ==, b->protect);
	g_assert_cmpint(a->made, ==, b->made);
	g_assert_cmpint(a->expires, ==, b->expires);
	g_assert_cmpstr(a->secret, ==, b->secret);
	g_assert_cmpstr(a->salt, ==, b->salt);
	g_assert_cmpstr(a->master, ==, b->master);
	g_assert_cmpstr(a->key, ==, b->key);
	g_assert_cmpuint(a->major, ==, b->major);
	g_assert_cmpuint(a->minor, ==, b->minor);
}

static void
test_round_trip(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autofree char *text = write_text(w, o);
	g_autoptr(GError) e = NULL;

	g_autoptr(offer) back = offer_read(text, strlen(text), w->scratch, &e);
	g_assert_no_error(e);
	assert_same(o, back);
}

static void
test_round_trip_least(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autoptr(GError) e = NULL;

	g_clear_pointer(&o->address, g_free);
	g_clear_pointer(&o->salt, g_free);
	g_clear_pointer(&o->description, g_free);
	g_free(o->protect);
	o->protect = g_strdup("sign");
	g_autofree char *text = write_text(w, o);
	g_autoptr(offer) back = offer_read(text, strlen(text), w->scratch, &e);
	g_assert_no_error(e);
	g_assert_null(back->address);
	g_assert_null(back->salt);
	g_assert_cmpstr(back->description, ==, "");
	g_assert_cmpstr(back->protect, ==, "sign");
	g_autofree char *mine = offer_hash(o), *theirs = offer_hash(back);
	g_assert_cmpstr(mine, ==, theirs);
}

static void
test_private_form(gconstpointer data)
{
	g_autoptr(offer) o = make_offer(data);
	g_autoptr(json_ref) j = offer_to_json(o);
	g_autoptr(GError) e = NULL;

	g_autoptr(offer) back = offer_from_json(j, &e);
	g_assert_no_error(e);
	assert_same(o, back);
	g_autofree char *a = offer_hash(o), *b = offer_hash(back);
	g_assert_cmpstr(a, ==, b);
	g_autoptr(json_ref) nothing = json_object();
	g_assert_null(offer_from_json(nothing, NULL));
	g_assert_null(offer_from_json(NULL, NULL));
}

static void
test_hash(gconstpointer data)
{
	g_autoptr(offer) o = make_offer(data);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	g_assert_true(g_hash_table_add(seen, offer_hash(o)));
	o->expires++;
	g_assert_true(g_hash_table_add(seen, offer_hash(o)));
	o->minor++;
	g_assert_true(g_hash_table_add(seen, offer_hash(o)));
	json_object_set_new(o->contract, "version", json_integer(2));
	g_assert_true(g_hash_table_add(seen, offer_hash(o)));
	g_clear_pointer(&o->address, g_free);
	g_assert_true(g_hash_table_add(seen, offer_hash(o)));
}

/* Mail programs and editors change white space; that changes no meaning. */
static void
test_white_space(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autofree char *text = write_text(w, o);
	g_autoptr(json_ref) file = json_read(text, strlen(text), NULL);
	g_autofree char *pretty = json_dumps(file, JSON_INDENT(4));
	g_auto(GStrv) lines = g_strsplit(pretty, "\n", -1);
	g_autofree char *dos = g_strjoinv("\r\n", lines);
	g_autoptr(GError) e = NULL;

	g_autoptr(offer) back = offer_read(dos, strlen(dos), w->scratch, &e);
	g_assert_no_error(e);
	assert_same(o, back);
}

static void
test_newer_minor(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autoptr(GError) e = NULL;

	o->minor = 7;
	g_autofree char *text = write_text(w, o);
	g_autoptr(offer) back = offer_read(text, strlen(text), w->scratch, &e);
	g_assert_no_error(e);
	g_assert_cmpuint(back->minor, ==, 7);
}

static void
test_unwritable(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autoptr(GError) e = NULL;

	g_free(o->description);
	o->description = g_strnfill(1025, 'x');
	g_assert_null(offer_write(o, w->keys, &e));
	g_assert_error(e, FAIL, REASON_HANDSHAKE_FILE);
	g_assert_nonnull(strstr(e->message, "description"));
	g_clear_error(&e);
	g_clear_pointer(&o->description, g_free);
	g_autofree char *much = g_strnfill(OFFER_FILE_MAX, 'x');
	json_object_set_new(o->contract, "version", json_string(much));
	g_assert_null(offer_write(o, w->keys, &e));
	g_assert_error(e, FAIL, REASON_HANDSHAKE_FILE);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		GTestDataFunc run;
	} tests[] = {
		{"/offer/what_is_written_is_read_back", test_round_trip},
		{"/offer/address_salt_and_description_may_be_absent", test_round_trip_least},
		{"/offer/the_private_form_is_read_back", test_private_form},
		{"/offer/another_meaning_has_another_hash", test_hash},
		{"/offer/white_space_has_no_meaning", test_white_space},
		{"/offer/a_newer_minor_format_is_read", test_newer_minor},
		{"/offer/what_could_not_be_read_is_not_written", test_unwritable},
	};
	world w;

	g_test_init(&argc, &argv, NULL);
	world_open(&w);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_data_func(tests[i].name, &w, tests[i].run);
	int status = g_test_run();
	world_close(&w);
	return status;
}
