#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/u64.h"
#include "gateway/checks.h"
#include "gateway/make.h"
#include "gateway/private.h"
#include "gateway/report.h"

#define PROBE      "handsel link test\n"
#define PROBE_NAME ".handsel-probe-" /* hidden, and no name of an envelope to anybody */
#define NAMES_MAX  100000
#define CLOCK_OFF  60                  /* seconds that a file server's clock may differ */
#define SPACE_LOW  (100 * 1024 * 1024) /* bytes free */

/* A file in the directory DIR at PATH, on its way through the steps. */
typedef struct {
	checks *c;
	const char *what, *path;
	int dir, fd;
	char *tmp, *name; /* NULL: not made yet, not named yet */
} probe;

/* Tells how STEP went; WHY NULL: well.  A failed step names the directory. */
static gboolean
verdict(const probe *p, const char *step, const GError *why, const char *text)
{
	g_autofree char *what = g_strdup_printf("%s: %s", p->what, step);

	if (why == NULL)
		checks_add(p->c, what, TRUE, NULL, "%s", text);
	else
		checks_add(p->c, what, FALSE, g_strdup_printf("ls -ld %s", p->path), "%s",
			   why->message);
	return why == NULL;
}

static gboolean
list(probe *p)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) names = fsio_list(p->dir, NAMES_MAX, &why);
	g_autofree char *text = names == NULL
					? NULL
					: g_strdup_printf("%s, %u file%s", p->path, names->len,
							  names->len == 1 ? "" : "s");

	return verdict(p, "list", why, text);
}

static gboolean
make(probe *p)
{
	g_autoptr(GError) why = NULL;

	p->fd = fsio_tmp(p->dir, &p->tmp, &why);
	return verdict(p, "make a file", why, "made");
}

static gboolean
write_bytes(probe *p)
{
	g_autoptr(GError) why = NULL;
	gint64 start = clock_mono_us();
	gboolean ok = fsio_write_all(p->fd, PROBE, strlen(PROBE), &why) && fsio_sync(p->fd, &why);
	g_autofree char *text = g_strdup_printf("durable after %" G_GINT64_FORMAT " ms",
						(clock_mono_us() - start) / 1000);

	return verdict(p, "write and sync", ok ? NULL : why, text);
}

/* As when an envelope is put there: some file systems can rename only with replacing. */
static gboolean
rename_it(probe *p)
{
	g_autofree char *hex = rand_hex(8);
	g_autofree char *name = g_strconcat(PROBE_NAME, hex, NULL);
	g_autoptr(GError) why = NULL;

	if (fsio_rename(p->dir, p->tmp, p->dir, name, FSIO_SYNC, NULL) ||
	    fsio_rename(p->dir, p->tmp, p->dir, name, FSIO_REPLACE | FSIO_SYNC, &why))
		p->name = g_steal_pointer(&name);
	return verdict(p, "rename", why, "renamed");
}

static gboolean
read_back(probe *p)
{
	g_autoptr(GError) why = NULL;
	gsize len = 0;
	g_autofree char *text = fsio_read(p->dir, p->name, strlen(PROBE), &len, &why);

	if (text != NULL && (len != strlen(PROBE) || memcmp(text, PROBE, len) != 0))
		fail_set(&why, FAIL_CONFIG, "%s: what was written reads back differently", p->path);
	return verdict(p, "read", why, "the same bytes");
}

/* Unfinished files are told from finished ones by their times. */
static gboolean
compare_clocks(probe *p)
{
	g_autoptr(GError) why = NULL;
	struct stat st;

	if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		fail_errno(&why, errno, "%s", p->path);
		return verdict(p, "clock", why, NULL);
	}
	gint64 off = (gint64)st.st_mtim.tv_sec - clock_now();
	if (ABS(off) > CLOCK_OFF)
		fail_set(&why, FAIL_CONFIG, "files there are dated %" G_GINT64_FORMAT " s %s",
			 ABS(off), off > 0 ? "ahead" : "behind");
	return verdict(p, "clock", why, "files are dated as here");
}

static gboolean
remove_it(probe *p)
{
	g_autoptr(GError) why = NULL;

	fsio_remove(p->dir, p->name, &why);
	g_clear_pointer(&p->name, g_free);
	g_clear_pointer(&p->tmp, g_free);
	return verdict(p, "remove", why, "removed");
}

static void
measure(const probe *p)
{
	guint64 left = fsio_free_space(p->dir);
	g_autofree char *size = u64_size_text(left);
	g_autofree char *what = g_strdup_printf("%s: space", p->what);

	checks_add(p->c, what, left >= SPACE_LOW, g_strdup_printf("df -h %s", p->path), "%s",
		   left == G_MAXUINT64 ? "can't be told" : size);
}

/* Step by step; behind one that fails the others would tell nothing. */
static void
try_dir(checks *c, const char *what, const char *path)
{
	static gboolean (*const steps[])(probe *) = {
		list, make, write_bytes, rename_it, read_back, compare_clocks, remove_it};
	g_autoptr(GError) why = NULL;
	probe p = {.c = c, .what = what, .path = path, .dir = fsio_open_dir(path, &why), .fd = -1};
	gboolean ok = TRUE;

	if (p.dir < 0) {
		checks_add(c, what, FALSE, checks_command(c, "link connect", " --help"), "%s",
			   why->message);
		return;
	}
	for (gsize i = 0; ok && i < G_N_ELEMENTS(steps); i++)
		ok = steps[i](&p);
	measure(&p);
	if (p.fd >= 0)
		close(p.fd);
	if (p.tmp != NULL)
		fsio_remove(p.dir, p.name != NULL ? p.name : p.tmp, NULL);
	close(p.dir);
	g_free(p.tmp);
	g_free(p.name);
}

static void
tell_step(const char *step, gboolean ok, const char *text, gpointer data)
{
	checks *c = data;

	checks_add(c, step, ok, checks_command(c, "link set", " --help"), "%s", text);
}

void
checks_channel(checks *c)
{
	if (c->g->channel_ops->test != NULL)
		c->g->channel_ops->test(c->g->channel, tell_step, c);
}

json_t *
report_test(gateway *g)
{
	checks c = {.g = g, .all = json_array()};
	g_autofree char *send = link_send_dir(g), *receive = link_receive_dir(g);

	checks_channel(&c);
	if (g_strcmp0(conf_text(g->conf, "channel"), "folder") == 0) {
		try_dir(&c, "SEND", send);
		try_dir(&c, "RECEIVE", receive);
	}
	checks_keys(&c);
	checks_tracker(&c);
	checks_clock(&c);
	return c.all;
}
