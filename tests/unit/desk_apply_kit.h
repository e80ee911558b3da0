/*
 * desk_apply_kit - plans for the desk, in short, for the tests of what it makes of them
 */
#pragma once
#include "adapter/desk.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "base/rand.h"

#include <string.h>
#include <unistd.h>

#define EARLY "2020-01-02T03:04:05Z"
#define LATE  "2020-01-03T03:04:05Z"
#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

typedef struct {
	char *home;
	desk *d;
	adapter *a;
	char *uid;   /* of the item under test */
	char *other; /* of another one, which is there */
	guint token;
	guint asked; /* how often bytes were asked for */
	const char *bytes;
} fixture;

static inline int
content(const char *sha256 G_GNUC_UNUSED, gpointer data, GError **error)
{
	fixture *f = data;
	g_autofree char *path = g_build_filename(f->home, "bytes", NULL);

	f->asked++;
	if (f->bytes == NULL) {
		fail_set(error, REASON_NO_CONTENT, "not here yet");
		return -1;
	}
	g_assert_true(g_file_set_contents(path, f->bytes, -1, NULL));
	return fsio_open_own(AT_FDCWD, path, error);
}

/* Is the item under test there? */
static inline gboolean
is_there(fixture *f)
{
	gboolean ret = FALSE;

	g_assert_true(adapter_desk.exists(f->a, f->uid, &ret, NULL));
	return ret;
}

/* Reads JSON that is written with single quotes. */
static inline json_t *
quoted(const char *text)
{
	g_autofree char *copy = g_strdelimit(g_strdup(text), "'", '"');
	g_autoptr(GError) e = NULL;
	json_t *j = json_read(copy, strlen(copy), &e);

	g_assert_no_error(e);
	return j;
}

/* A plan for UID with OPS (see quoted) in which $UID stands for UID. */
static inline json_t *
plan_of(const char *uid, const char *ops)
{
	json_t *plan = plan_new(uid, "issue");
	g_auto(GStrv) part = g_strsplit(ops, "$UID", 0);
	g_autofree char *text = g_strjoinv(uid, part);

	json_object_set_new(plan, "ops", quoted(text));
	return plan;
}

static inline json_t *
apply_token(fixture *f, const char *token, const char *uid, const char *ops, GError **error)
{
	g_autoptr(json_ref) plan = plan_of(uid, ops);

	return adapter_desk.apply(f->a, "acme", token, plan, content, f, error);
}

/* The results as "code reason back, ..." of applying OPS to UID. */
static inline char *
apply_to(fixture *f, const char *uid, const char *ops)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *token = g_strdup_printf("t%u", ++f->token);
	g_autoptr(json_ref) results = apply_token(f, token, uid, ops, &e);
	g_autoptr(json_ref) plan = plan_of(uid, ops);
	g_autoptr(GString) out = g_string_new(NULL);
	size_t i;
	json_t *r;

	g_assert_no_error(e);
	json_array_foreach (results, i, r) {
		g_autoptr(json_ref) shown = result_back(json_array_get(plan_ops(plan), i), r);
		g_autofree char *back = json_text(shown);
		gint64 reason = json_num(r, "reason", 0);
		g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", json_str(r, "code"));
		if (reason != 0)
			g_string_append_printf(out, " %d", (int)reason);
		const char *field;
		json_t *why;
		json_object_foreach (json_object_get(r, "refused"), field, why)
			g_string_append_printf(out, " without %s %d", field,
					       (int)json_num(why, "reason", 0));
		if (back != NULL)
			g_string_append_printf(out, " %s", back);
	}
	return g_strdup(g_strdelimit(out->str, "\"", '\''));
}

static inline void
expect(fixture *f, const char *ops, const char *want)
{
	g_autofree char *got = apply_to(f, f->uid, ops);

	g_assert_cmpstr(got, ==, want);
}

/* The register REG of item UID as {"v","at"}, or NULL; what is there came by link acme. */
static inline void
expect_reg(fixture *f, const char *reg, const char *want)
{
	g_autoptr(GError) e = NULL;
	item *raw = NULL;

	g_assert_true(adapter_desk.get(f->a, f->uid, &raw, &e));
	g_assert_no_error(e);
	g_autoptr(item) it = raw;
	g_assert_nonnull(it);
	json_t *entry = json_object_get(it->regs, reg);
	if (entry != NULL)
		g_assert_cmpstr(json_str(entry, "via"), ==, "acme");
	json_object_del(entry, "via");
	g_autofree char *got = json_text(entry);
	if (got != NULL)
		g_strdelimit(got, "\"", '\'');
	g_assert_cmpstr(got, ==, want);
}

static inline void
set_up(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;

	f->home = g_dir_make_tmp("desk-apply-XXXXXX", NULL);
	f->d = desk_open(f->home, "erika", TRUE, &e);
	g_assert_no_error(e);
	f->a = adapter_desk.open(f->home, "acme-sync", &e);
	g_assert_no_error(e);
	f->uid = rand_id();
	f->other = rand_id();
	g_autofree char *made = apply_to(f, f->other, "[{'op':'create','set':{}}]");
	g_assert_cmpstr(made, ==, "ok {}");
}

static inline void
tear_down(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	fault_disarm();
	desk_close(f->d);
	adapter_desk.close(f->a);
	g_assert_true(fsio_remove_tree(f->home, NULL));
	g_free(f->home);
	g_free(f->uid);
	g_free(f->other);
}

static inline void
create(fixture *f)
{
	expect(f, "[{'op':'create','set':{'title':{'v':'a','at':'" EARLY "'}}}]",
	       "ok {'title':'a'}");
}

static inline char *
file_op(const char *thing, const char *name, const char *sha, const char *size)
{
	return g_strdup_printf("[{'op':'thing','reg':'@%s','v':{'kind':'file','name':'%s',"
			       "'sha256':'%s','size':%s},'at':'" LATE "'}]",
			       thing, name, sha, size);
}
