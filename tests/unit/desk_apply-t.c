#include "tests/unit/desk_apply_kit.h"

static void
created(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f,
	       "[{'op':'create','set':{'title':{'v':'a','at':'" EARLY "'}}},"
	       "{'op':'set','reg':'state','v':'open','at':'" LATE "'},"
	       "{'op':'set','reg':'labels','v':['x'],'at':'" LATE "'}]",
	       "ok {'title':'a'}, ok 'open', ok ['x']");
	expect_reg(f, "title", "{'at':'" EARLY "','v':'a'}");
	expect_reg(f, "state", "{'at':'" LATE "','v':'open'}");
	expect_reg(f, "created", NULL);

	g_autofree char *id = adapter_desk.id_of(f->a, f->uid);
	g_autoptr(json_ref) all = NULL;
	g_assert_true(desk_show(f->d, id, TRUE, &all, NULL));
	g_assert_cmpstr(json_str(all, "by"), ==, "acme-sync");
	const json_t *last = json_array_get(json_object_get(all, "history"), 1);
	g_assert_cmpstr(json_str(last, "what"), ==, "state");
	g_assert_cmpstr(json_str(last, "by"), ==, "acme-sync");
}

static void
emptied(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	create(f);
	expect(f, "[{'op':'set','reg':'title','v':null,'at':'" LATE "'}]", "ok");
	expect_reg(f, "title", "{'at':'" LATE "','v':null}");
}

static void
refused(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const states[] = {"open", NULL};

	create(f);
	g_assert_true(desk_value_add(f->d, "state", states, NULL));
	expect(f,
	       "[{'op':'set','reg':'colour','v':'red','at':'" LATE "'},"
	       "{'op':'set','reg':'due','v':'soon','at':'" LATE "'},"
	       "{'op':'set','reg':'state','v':'late','at':'" LATE "'},"
	       "{'op':'set','reg':'title','v':'b','at':'" LATE "'},"
	       "{'op':'dance','reg':'title'}]",
	       "refused 501, refused 503, refused 502, ok 'b', refused 514 'b'");
	expect_reg(f, "state", NULL);
	expect_reg(f, "title", "{'at':'" LATE "','v':'b'}");
}

static void
value_left_out(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f,
	       "[{'op':'create','set':{'title':{'v':'a','at':'" EARLY "'},"
	       "'due':{'v':'soon','at':'" EARLY "'}}},"
	       "{'op':'set','reg':'title','v':'b','at':'" LATE "'}]",
	       "ok without due 503 {'title':'a'}, ok 'b'");
	expect_reg(f, "title", "{'at':'" LATE "','v':'b'}");
	expect_reg(f, "due", NULL);
}

static void
nothing_to_set(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f, "[{'op':'set','reg':'title','v':'b','at':'" LATE "'}]", "refused 517");
	g_assert_false(is_there(f));
}

static const char contract_text[] =
	"{'version':1,'kinds':{'issue':{'fields':{"
	"'title':{'type':'%s','policy':'latest'},"
	"'severity':{'type':'multi','policy':'merge','learn':true},"
	"'state':{'type':'list','policy':'latest','learn':%s,'values':['open','late']}}}}}";

static GPtrArray *
prepare(fixture *f, const char *title, const char *learn)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(GString) text = g_string_new(contract_text);
	GPtrArray *lacks = NULL;

	g_string_replace(text, "%s", title, 1);
	g_string_replace(text, "%s", learn, 1);
	g_autoptr(json_ref) j = quoted(text->str);
	g_autoptr(contract) c = contract_from_json(j, &e);
	g_assert_no_error(e);
	adapter_desk.prepare(f->a, c, &lacks, &e);
	g_assert_no_error(e);
	return lacks;
}

static void
prepared(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const states[] = {"open", NULL};
	g_autoptr(json_ref) fields = NULL;

	create(f);
	g_assert_true(desk_value_add(f->d, "state", states, NULL));
	g_autoptr(GPtrArray) none = prepare(f, "text", "true");
	g_assert_cmpuint(none->len, ==, 0);
	expect(f,
	       "[{'op':'set','reg':'state','v':'late','at':'" LATE "'},"
	       "{'op':'set','reg':'severity','v':['high'],'at':'" LATE "'}]",
	       "ok 'late', ok ['high']");
	g_assert_true(desk_fields(f->d, &fields, NULL));
	g_autofree char *values =
		json_text(json_object_get(json_object_get(fields, "state"), "values"));
	g_assert_cmpstr(values, ==, "[\"late\",\"open\"]");
}

static void
lacking(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const states[] = {"open", NULL};

	create(f);
	g_assert_true(desk_value_add(f->d, "state", states, NULL));
	g_autoptr(GPtrArray) lacks = prepare(f, "number", "false");
	g_assert_cmpuint(lacks->len, ==, 2);
	g_assert_nonnull(strstr(lacks->pdata[0], "\"late\""));
	g_assert_nonnull(strstr(lacks->pdata[1], "title"));
	expect(f, "[{'op':'set','reg':'state','v':'late','at':'" LATE "'}]", "refused 502");
	expect(f, "[{'op':'set','reg':'title','v':'words','at':'" LATE "'}]", "ok 'words'");
}

static void
parents(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *nobody = rand_id();
	g_autofree char *missing = g_strdup_printf(
		"[{'op':'parent','reg':'parent','v':'%s','at':'" LATE "'}]", nobody);
	g_autofree char *good = g_strdup_printf(
		"[{'op':'parent','reg':'parent','v':'%s','at':'" LATE "'}]", f->other);
	g_autofree char *ok = g_strdup_printf("ok '%s'", f->other);
	g_autofree char *reg = g_strdup_printf("{'at':'" LATE "','v':'%s'}", f->other);

	create(f);
	expect(f, missing, "refused 506");
	expect(f, good, ok);
	expect_reg(f, "parent", reg);
	g_autofree char *back = g_strdup_printf(
		"[{'op':'parent','reg':'parent','v':'%s','at':'" LATE "'}]", f->uid);
	g_autofree char *cycle = apply_to(f, f->other, back);
	g_assert_cmpstr(cycle, ==, "refused 507");
	expect(f, "[{'op':'parent','reg':'parent','v':null,'at':'" LATE "'}]", "ok");
	expect_reg(f, "parent", "{'at':'" LATE "','v':null}");
}

static void
relations(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *nobody = rand_id();
	g_autofree char *reg = item_relation_reg("blocks", f->uid, f->other);
	g_autofree char *dangling = item_relation_reg("blocks", f->uid, nobody);
	g_autofree char *foreign = item_relation_reg("blocks", f->other, f->uid);
	const char *op = "[{'op':'relate','reg':'%s','v':%s,'at':'" LATE "'}]";
#define OP(REG, V) g_autofree char *op_##REG##_##V = g_strdup_printf(op, REG, #V)
	OP(reg, true);
	OP(reg, null);
	OP(dangling, true);
	OP(dangling, null);
	OP(foreign, true);
#undef OP

	create(f);
	expect(f, op_dangling_true, "refused 517");
	expect(f, op_dangling_null, "ok");
	expect(f, op_foreign_true, "refused 503");
	expect(f, op_reg_true, "ok true");
	expect_reg(f, reg, "{'at':'" LATE "','v':true}");
	expect(f, op_reg_null, "ok");
	expect_reg(f, reg, NULL);
}

static void
comments(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *thing = rand_id(), *reg = item_thing_reg(thing);
	g_autofree char *made =
		g_strdup_printf("[{'op':'thing','reg':'%s','v':{'kind':'comment','text':'x',"
				"'by':'erika'},'at':'" EARLY "'}]",
				reg);
	g_autofree char *changed =
		g_strdup_printf("[{'op':'thing','reg':'%s','v':{'kind':'comment','text':'y'},"
				"'at':{'kind':'" EARLY "','text':'" LATE "','by':'" LATE "'}}]",
				reg);
	g_autofree char *gone =
		g_strdup_printf("[{'op':'thing','reg':'%s','v':null,'at':'" LATE "'}]", reg);
	g_autofree char *row = g_strdup_printf(
		"[{'op':'thing','reg':'%s','v':{'kind':'row','type':'work'},'at':'" LATE "'}]",
		reg);
	g_autofree char *odd = g_strdup_printf(
		"[{'op':'thing','reg':'%s','v':{'kind':'song'},'at':'" LATE "'}]", reg);

	create(f);
	expect(f, made, "ok {'by':'erika','kind':'comment','text':'x'}");
	expect_reg(f, reg, "{'at':'" EARLY "','v':{'by':'erika','kind':'comment','text':'x'}}");
	expect(f, changed, "ok {'kind':'comment','text':'y'}");
	expect_reg(f, reg,
		   "{'at':{'kind':'" EARLY "','text':'" LATE "'},"
		   "'v':{'kind':'comment','text':'y'}}");
	expect(f, row, "refused 503 {'kind':'comment','text':'y'}");
	expect(f, odd, "refused 503 {'kind':'comment','text':'y'}");
	g_autofree char *stolen = apply_to(f, f->other, made);
	g_assert_cmpstr(stolen, ==, "refused 503");
	expect(f, gone, "ok");
	expect(f, gone, "ok");
	expect_reg(f, reg, NULL);
}

static void
files(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *one = rand_id(), *two = rand_id();
	g_autofree char *op = file_op(one, "a.txt", HELLO, "5");
	g_autofree char *renamed = file_op(one, "c.txt", HELLO, "5");
	g_autofree char *again = file_op(two, "b.txt", HELLO, "5");
	guint64 size = 0;

	create(f);
	expect(f, op, "refused 508");
	f->bytes = "hello";
	f->asked = 0;
	expect(f, op, "ok {'kind':'file','name':'a.txt','sha256':'" HELLO "','size':5}");
	g_assert_cmpuint(f->asked, ==, 1);
	f->bytes = NULL;
	expect(f, renamed, "ok {'kind':'file','name':'c.txt','sha256':'" HELLO "','size':5}");
	g_assert_cmpuint(f->asked, ==, 1);
	/* A hash alone gets nobody the bytes, though they are here. */
	expect(f, again, "refused 508");
	f->bytes = "hello";
	expect(f, again, "ok {'kind':'file','name':'b.txt','sha256':'" HELLO "','size':5}");
	g_assert_cmpuint(f->asked, >, 1);
	int fd = adapter_desk.open_file(f->a, HELLO, &size, NULL);
	g_assert_cmpint(fd, >=, 0);
	close(fd);
	g_assert_cmpuint(size, ==, 5);
}

static void
wrong_files(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *thing = rand_id();
	g_autofree char *good = file_op(thing, "a", HELLO, "5");
	g_autofree char *large = file_op(thing, "a", HELLO, "6");
	g_autofree char *small = file_op(thing, "a", HELLO, "4");
	g_autofree char *path = file_op(thing, "../a", HELLO, "5");
	g_autofree char *hash = file_op(thing, "a", "../desk.db", "5");
	g_autofree char *negative = file_op(thing, "a", HELLO, "-1");
	g_autofree char *tmp = g_build_filename(f->home, "desk-files", "tmp", NULL);
	guint64 size = 0;

	create(f);
	f->bytes = "jello";
	expect(f, good, "refused 109");
	f->bytes = "hello";
	expect(f, large, "refused 109");
	expect(f, small, "refused 109");
	expect(f, path, "refused 509");
	expect(f, hash, "refused 503");
	expect(f, negative, "refused 503");
	g_assert_cmpint(adapter_desk.open_file(f->a, HELLO, &size, NULL), ==, -1);
	int dir = fsio_open_dir(tmp, NULL);
	g_autoptr(GPtrArray) left = fsio_list(dir, 10, NULL);
	close(dir);
	g_assert_cmpuint(left->len, ==, 0);
	/* Here already, but of another size. */
	expect(f, good, "ok {'kind':'file','name':'a','sha256':'" HELLO "','size':5}");
	g_autofree char *other = rand_id();
	g_autofree char *lie = file_op(other, "a", HELLO, "7");
	expect(f, lie, "refused 109");
}

static void
deleted(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	create(f);
	g_autofree char *id = adapter_desk.id_of(f->a, f->uid);
	expect(f, "[{'op':'delete'}]", "ok");
	g_assert_false(is_there(f));
	expect(f, "[{'op':'delete'}]", "ok");
	create(f);
	g_autofree char *again = adapter_desk.id_of(f->a, f->uid);
	g_assert_cmpstr(again, ==, id);
}

static void
created_twice(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	create(f);
	expect(f, "[{'op':'create','set':{'state':{'v':'open','at':'" LATE "'}}}]",
	       "ok {'state':'open','title':'a'}");
}

static void
no_echo(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) before = NULL, after = NULL;
	g_autofree char *cursor = NULL, *end = NULL;

	create(f);
	g_assert_true(adapter_desk.changes(f->a, "acme", NULL, 10, &before, &cursor, NULL));
	expect(f, "[{'op':'set','reg':'title','v':'a','at':'" LATE "'}]", "ok 'a'");
	g_assert_true(adapter_desk.changes(f->a, "acme", cursor, 10, &after, &end, NULL));
	g_assert_cmpuint(after->len, ==, 0);
	g_assert_cmpstr(end, ==, cursor);
	expect_reg(f, "title", "{'at':'" EARLY "','v':'a'}");
}

static guint
news_for(fixture *f, const char *link, const char *cursor)
{
	g_autoptr(GPtrArray) uids = NULL;
	g_autofree char *end = NULL;

	g_assert_true(adapter_desk.changes(f->a, link, cursor, 10, &uids, &end, NULL));
	g_assert_cmpstr(end, !=, cursor);
	return uids->len;
}

static void
own_changes(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(json_ref) edit = json_pack("{s:s}", "state", "open");
	g_autofree char *id = NULL;

	create(f);
	id = adapter_desk.id_of(f->a, f->uid);
	g_assert_cmpuint(news_for(f, "acme", "0"), ==, 0);
	g_assert_cmpuint(news_for(f, "nord", "0"), >, 0);
	g_assert_true(desk_set(f->d, id, edit, NULL));
	g_assert_cmpuint(news_for(f, "acme", "0"), ==, 1);
	/* What acme wrote last does not hide the edit below it. */
	expect(f, "[{'op':'set','reg':'title','v':'b','at':'" LATE "'}]", "ok 'b'");
	g_assert_cmpuint(news_for(f, "acme", "0"), ==, 1);
}

static void
table(fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(adapter_find("desk") == &adapter_desk);
	g_assert_null(adapter_find("paper"));
	g_assert_true(adapter_all()[0] == &adapter_desk);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func) g_test_add("/desk_apply/" name, fixture, NULL, set_up, func, tear_down)
	TEST("a_created_item_keeps_the_stamps_it_came_with", created);
	TEST("an_emptied_field_is_shown_no_more", emptied);
	TEST("a_refused_operation_leaves_the_others", refused);
	TEST("an_item_is_made_without_the_value_the_desk_refuses", value_left_out);
	TEST("an_item_that_is_not_here_cannot_be_changed", nothing_to_set);
	TEST("a_link_is_not_told_what_it_wrote_itself", own_changes);
	TEST("a_prepared_list_learns", prepared);
	TEST("what_the_desk_lacks_is_told", lacking);
	TEST("a_parent_must_be_here_and_not_below", parents);
	TEST("a_relation_needs_its_other_end", relations);
	TEST("a_thing_keeps_a_stamp_for_each_field", comments);
	TEST("the_bytes_of_a_file_are_asked_for_once", files);
	TEST("a_file_that_is_not_what_it_says_is_refused", wrong_files);
	TEST("an_item_made_again_has_its_old_id", deleted);
	TEST("an_item_that_is_here_is_not_made_twice", created_twice);
	TEST("an_equal_value_is_no_change", no_echo);
	TEST("the_table_knows_the_desk", table);
	return g_test_run();
}
