/*
 * desk_kit - a desk in a directory of its own, for the tests of the desk
 */
#pragma once
#include "adapter/desk.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

#include <string.h>
#include <unistd.h>

typedef struct {
	char *home;
	desk *d;
	adapter *a; /* a second handle of the same desk */
} fixture;

static inline void
set_up(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;

	f->home = g_dir_make_tmp("desk-XXXXXX", NULL);
	f->d = desk_open(f->home, "erika", TRUE, &e);
	g_assert_no_error(e);
	f->a = adapter_desk.open(f->home, "acme-sync", &e);
	g_assert_no_error(e);
}

static inline void
tear_down(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	clock_shift(0);
	fault_disarm();
	desk_close(f->d);
	adapter_desk.close(f->a);
	g_assert_true(fsio_remove_tree(f->home, NULL));
	g_free(f->home);
}

/* An object of texts: NAME, VALUE, ..., NULL. */
static inline json_t *
texts(const char *name, ...)
{
	json_t *object = json_object();
	va_list args;

	va_start(args, name);
	for (; name != NULL; name = va_arg(args, const char *))
		json_put(object, name, va_arg(args, const char *));
	va_end(args);
	return object;
}

static inline char *
make(fixture *f, const char *title)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(json_ref) fields = texts("title", title, NULL);
	char *id = desk_new(f->d, "issue", fields, &e);

	g_assert_no_error(e);
	return id;
}

static inline json_t *
show(fixture *f, const char *id)
{
	g_autoptr(GError) e = NULL;
	json_t *all = NULL;

	desk_show(f->d, id, TRUE, &all, &e);
	g_assert_no_error(e);
	return all;
}

static inline gboolean
set(fixture *f, const char *id, const char *field, const char *text, GError **error)
{
	g_autoptr(json_ref) fields = texts(field, text, NULL);

	return desk_set(f->d, id, fields, error);
}

static inline void
expect_field(fixture *f, const char *id, const char *field, const char *want)
{
	g_autoptr(json_ref) all = show(f, id);
	g_autofree char *got = json_text(json_object_get(json_object_get(all, "fields"), field));

	g_assert_cmpstr(got, ==, want);
}

static inline gsize
history_size(fixture *f, const char *id)
{
	g_autoptr(json_ref) all = show(f, id);

	return json_array_size(json_object_get(all, "history"));
}

/* The uids changed since *CURSOR, which goes on, joined by blanks as ids ("-" for removed). */
static inline char *
changes(fixture *f, char **cursor)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(GPtrArray) uids = NULL;
	g_autofree char *before = *cursor;
	g_autoptr(GString) ids = g_string_new(NULL);

	g_assert_true(adapter_desk.changes(f->a, "acme", before, 100, &uids, cursor, &e));
	g_assert_no_error(e);
	for (guint i = 0; i < uids->len; i++) {
		g_autofree char *id = adapter_desk.id_of(f->a, uids->pdata[i]);
		g_string_append_printf(ids, "%s%s", i > 0 ? " " : "", id != NULL ? id : "-");
	}
	return g_strdup(ids->str);
}

static inline void
expect_changes(fixture *f, char **cursor, const char *want)
{
	g_autofree char *got = changes(f, cursor);

	g_assert_cmpstr(got, ==, want);
}

static inline gboolean
is_there(fixture *f, const char *uid)
{
	gboolean ret = FALSE;

	g_assert_true(adapter_desk.exists(f->a, uid, &ret, NULL));
	return ret;
}

static inline char *
uid_of(fixture *f, const char *id)
{
	return adapter_desk.find(f->a, id, NULL);
}

static inline item *
get(fixture *f, const char *id)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *uid = uid_of(f, id);
	item *it = NULL;

	g_assert_true(adapter_desk.get(f->a, uid, &it, &e));
	g_assert_no_error(e);
	return it;
}

static inline char *
write_file(fixture *f, const char *name, const char *text)
{
	char *path = g_build_filename(f->home, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static inline guint
files_on_disk(fixture *f)
{
	g_autofree char *path = g_build_filename(f->home, "desk-files", NULL);
	int dir = fsio_open_dir(path, NULL);
	g_autoptr(GPtrArray) names = fsio_list(dir, 100, NULL);

	close(dir);
	/* "tmp" is one of them. */
	return names->len - 1;
}

static inline guint
tmp_files(fixture *f)
{
	g_autofree char *path = g_build_filename(f->home, "desk-files", "tmp", NULL);
	int dir = fsio_open_dir(path, NULL);
	g_autoptr(GPtrArray) names = fsio_list(dir, 100, NULL);

	close(dir);
	return names->len;
}
