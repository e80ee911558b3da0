/*
 * Settings files, the link's or (with a NUL in front) the site's: what is read is written and read
 * again as the same.  Each line is also what --set gets.
 */
#include "base/fsio.h"
#include "conf/conf.h"
#include "fuzz.h"

static void
check_pairs(const conf *a, const conf *b)
{
	g_autoptr(GPtrArray) x = conf_pairs(a, FALSE), y = conf_pairs(b, FALSE);

	g_assert_cmpuint(x->len, ==, y->len);
	for (guint i = 0; i < x->len; i++)
		g_assert_cmpstr(x->pdata[i], ==, y->pdata[i]);
}

static void
save_and_load(conf *c, const char *path, setting_where where)
{
	g_autoptr(GError) why = NULL;

	g_assert_true(conf_save(c, &why));
	g_assert_no_error(why);
	g_autoptr(conf) same = conf_load(path, where, &why);
	g_assert_no_error(why);
	check_pairs(c, same);
}

static void
set_each(const char *text, setting_where where)
{
	g_autofree char *path = fuzz_place("set");
	g_autoptr(conf) c = conf_new(path, where);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 50);
	gboolean any = FALSE;

	for (guint i = 0; lines[i] != NULL; i++) {
		g_autoptr(GError) why = NULL;
		gboolean ok = conf_set_pair(c, lines[i], &why);

		if (g_utf8_validate(lines[i], -1, NULL))
			fuzz_outcome(ok, &why);
		any = any || ok;
	}
	if (any)
		save_and_load(c, path, where);
	fsio_remove(AT_FDCWD, path, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gboolean site = size > 0 && data[0] == '\0';
	setting_where where = site ? SET_SITE : SET_LINK;
	g_autofree char *text = fuzz_text(data + site, size - site);
	g_autoptr(GError) why = NULL;
	const char *path = fuzz_path(text, size - site);
	g_autoptr(conf) c = conf_load(path, where, &why);

	fuzz_outcome(c != NULL, &why);
	if (c != NULL)
		save_and_load(c, path, where);
	set_each(text, where);
	return 0;
}
