/* pgp_life_kit - a helper's home, and who runs */
#pragma once
#include <signal.h>

#include "tests/unit/pgp_kit.h"

#define PATIENCE_MS 20000
#define STEP_MS     20

typedef struct {
	char *dir;
	char *home;
} place;

static inline void
set_up(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	w->dir = g_dir_make_tmp("pgp-t-XXXXXX", NULL);
	g_assert_nonnull(w->dir);
	w->home = g_build_filename(w->dir, "keys", NULL);
}

static inline void
tear_down(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_assert_true(fsio_remove_tree(w->dir, NULL));
	g_free(w->dir);
	g_free(w->home);
}

static inline char *
new_key(pgp *p)
{
	g_autoptr(GError) error = NULL;
	char *fpr = pgp_make_key(p, "us", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(strlen(fpr), ==, PGP_FPR_LEN);
	return fpr;
}

static inline pgp *
started(const char *home)
{
	g_autoptr(GError) error = NULL;
	pgp *p = pgp_start(home, NULL, &error);

	g_assert_no_error(error);
	return p;
}

/* The same after a first request, which needs the agent. */
static inline pgp *
busy(const char *home)
{
	pgp *p = started(home);

	g_free(new_key(p));
	return p;
}

/* Can P sign by FPR? */
static inline gboolean
works(pgp *p, const char *fpr, GError **error)
{
	g_autofree char *signature = pgp_sign(p, TEXT, strlen(TEXT), fpr, error);

	return signature != NULL;
}

/* The processes whose command line holds TEXT; the last one's id. */
static inline guint
processes_with(const char *text, pid_t *ret_last)
{
	g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
	const char *name;
	guint n = 0;

	while ((name = g_dir_read_name(proc)) != NULL) {
		g_autofree char *file = g_build_filename("/proc", name, "cmdline", NULL);
		g_autofree char *line = NULL;
		gsize len = 0;

		if (!g_ascii_isdigit(*name) || !g_file_get_contents(file, &line, &len, NULL) ||
		    memmem(line, len, text, strlen(text)) == NULL)
			continue;
		n++;
		if (ret_last != NULL)
			*ret_last = (pid_t)g_ascii_strtoll(name, NULL, 10);
	}
	return n;
}

/* Waits until no process bears TEXT. */
static inline void
assert_ends(const char *text)
{
	for (int ms = 0; ms < PATIENCE_MS && processes_with(text, NULL) > 0; ms += STEP_MS)
		g_usleep(STEP_MS * 1000);
	g_assert_cmpuint(processes_with(text, NULL), ==, 0);
}
