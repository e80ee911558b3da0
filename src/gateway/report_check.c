#include "gateway/report.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/u64.h"
#include "gateway/checks.h"
#include "gateway/look.h"
#include "gateway/make.h"
#include "gateway/private.h"
#include "spool/quarantine.h"

#define DISK_LOW    (100 * 1024 * 1024)
#define CLOCK_SLIP  120                           /* seconds a clock may be set back */
#define CLOCK_LEAST G_GINT64_CONSTANT(1700000000) /* no site is older than handsel */
#define TEST_MAX    4096

void
checks_add(checks *c, const char *what, gboolean ok, char *command, const char *format, ...)
{
	json_t *one = json_object();
	va_list ap;

	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	look_put(one, "what", what);
	json_object_set_new(one, "ok", json_boolean(ok));
	look_put(one, "text", text);
	look_put(one, "command", ok ? NULL : command);
	json_array_append_new(c->all, one);
	g_free(command);
}

char *
checks_command(const checks *c, const char *words, const char *options)
{
	return look_command(c->g, "%s %s%s", words, c->g->name, options);
}

/* ---- keys ---- */

/* A new tmp file, open to read and write at 0 and gone from the directory; -1 on error. */
static int
scratch(gateway *g, GError **error)
{
	g_autofree char *name = NULL;
	int fd = fsio_tmp(spool_fd(g->spool, SPOOL_TMP), &name, error);

	if (fd >= 0)
		fsio_remove(spool_fd(g->spool, SPOOL_TMP), name, NULL);
	return fd;
}

static gboolean
rewound(int fd, GError **error)
{
	if (lseek(fd, 0, SEEK_SET) == 0)
		return TRUE;
	fail_errno(error, errno, "cannot rewind a temporary file");
	return FALSE;
}

/* Signs and encrypts a few bytes to both keys (PARTNER may be NULL), and opens them again with our
 * own. */
static gboolean
round_trip(gateway *g, const char *partner, const int fds[3], GError **error)
{
	static const char message[] = "handsel check";
	const char *const both[] = {g->me, partner, NULL}, *const signers[] = {g->me, NULL};
	g_autofree char *signer = NULL;
	char back[sizeof message] = "";

	if (!fsio_write_all(fds[0], message, sizeof message, error) || !rewound(fds[0], error) ||
	    !pgp_seal(g->pgp, fds[0], fds[1], g->me, both, error) || !rewound(fds[1], error) ||
	    !pgp_unseal(g->pgp, fds[1], fds[2], PGP_ENCRYPT, signers, TEST_MAX, &signer, error))
		return FALSE;
	if (pread(fds[2], back, sizeof back, 0) == sizeof back &&
	    memcmp(back, message, sizeof back) == 0)
		return TRUE;
	fail_set(error, FAIL_CONFIG, "a test message came back changed");
	return FALSE;
}

static gboolean
try_keys(gateway *g, const char *partner, GError **error)
{
	int fds[3] = {-1, -1, -1};
	gboolean ok = TRUE;

	for (guint i = 0; ok && i < G_N_ELEMENTS(fds); i++)
		ok = (fds[i] = scratch(g, error)) >= 0;
	ok = ok && round_trip(g, partner, fds, error);
	for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return ok;
}

void
checks_keys(checks *c)
{
	g_autoptr(GError) why = NULL;
	g_autofree char *me = pgp_fpr_text(c->g->me);
	g_autofree char *key = NULL;

	if (c->g->partner == NULL) {
		checks_add(c, "partner's key", TRUE, NULL, "not known yet: nobody has joined");
	} else if ((key = pgp_export(c->g->pgp, c->g->partner, &why)) == NULL) {
		checks_add(c, "partner's key", FALSE,
			   c->g->master ? checks_command(c, "link invite", "") : NULL, "%s",
			   why->message);
		g_clear_error(&why);
	} else {
		g_autofree char *partner = pgp_fpr_text(c->g->partner);

		checks_add(c, "partner's key", TRUE, NULL, "%s%s", partner,
			   link_verified(c->g) ? "" : ", words not compared yet");
	}
	if (try_keys(c->g, key == NULL ? NULL : c->g->partner, &why))
		checks_add(c, "own key", TRUE, NULL, "%s signs and opens", me);
	else
		checks_add(c, "own key", FALSE,
			   c->g->master ? checks_command(c, "link invite", "") : NULL, "%s: %s", me,
			   why->message);
}

/* ---- folders and disks ---- */

/* Sync tools leave files with a dot alone. */
static gboolean
try_writing(int dir, GError **error)
{
	g_autofree char *tmp = NULL;
	int fd = fsio_tmp(dir, &tmp, error);

	if (fd < 0)
		return FALSE;
	close(fd);
	return fsio_remove(dir, tmp, error);
}

static void
check_dir(checks *c, const char *what, const char *path)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) names = NULL;
	int dir = fsio_open_dir(path, &why);

	if (dir < 0) {
		checks_add(c, what, FALSE, checks_command(c, "link connect", " --help"), "%s",
			   why->message);
		return;
	}
	if ((names = fsio_list(dir, 1, &why)) == NULL || !try_writing(dir, &why)) {
		checks_add(c, what, FALSE, g_strdup_printf("ls -ld %s", path), "%s", why->message);
	} else {
		guint64 left = fsio_free_space(dir);
		g_autofree char *size = u64_size_text(left);

		checks_add(c, what, left >= DISK_LOW, g_strdup_printf("df -h %s", path),
			   "%s can be read and written%s%s", path,
			   left == G_MAXUINT64 ? "" : ", free: ", left == G_MAXUINT64 ? "" : size);
	}
	close(dir);
}

static gboolean
is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void
check_dirs(checks *c)
{
	g_autofree char *send = link_send_dir(c->g), *receive = link_receive_dir(c->g);

	check_dir(c, "link directory", c->g->dir);
	if (g_strcmp0(conf_text(c->g->conf, "channel"), "folder") != 0)
		return;
	check_dir(c, "SEND", send);
	check_dir(c, "RECEIVE", receive);
	if (is_same(send, receive))
		checks_add(c, "SEND and RECEIVE", FALSE,
			   checks_command(c, "link connect", " --help"),
			   "both are the directory %s", send);
}

/* ---- the tracker ---- */

static void
check_scope(checks *c)
{
	const char *scope = conf_text(c->g->conf, "scope"), *equals = strchr(scope, '=');
	g_autoptr(GError) why = NULL;
	g_autofree char *field = equals == NULL ? NULL : g_strndup(scope, (gsize)(equals - scope));
	guint64 count = 0;

	if (field == NULL)
		return;
	if (c->g->tracker_ops->count(c->g->tracker, field, equals + 1, &count, &why))
		checks_add(c, "scope", TRUE, NULL, "%s matches %" G_GUINT64_FORMAT " item%s now",
			   scope, count, count == 1 ? "" : "s");
	else
		checks_add(c, "scope", FALSE,
			   look_command(c->g, "link set %s scope=FIELD=VALUE", c->g->name),
			   "%s: %s", scope, why->message);
}

void
checks_tracker(checks *c)
{
	gateway *g = c->g;
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) lacks = NULL;
	guint64 count = 0;

	if (g->tracker_ops->count(g->tracker, NULL, NULL, &count, &why))
		checks_add(c, "tracker", TRUE, NULL,
			   "%s, %" G_GUINT64_FORMAT " item%s, written as %s", g->tracker_ops->name,
			   count, count == 1 ? "" : "s", conf_text(g->conf, "user"));
	else
		checks_add(c, "tracker", FALSE, NULL, "%s", why->message);
	g_clear_error(&why);
	if (!g->tracker_ops->prepare(g->tracker, g->contract, &lacks, &why)) {
		checks_add(c, "contract", FALSE, NULL, "%s", why->message);
		return;
	}
	for (guint i = 0; i < lacks->len; i++)
		checks_add(c, "contract", FALSE, NULL, "%s", (const char *)lacks->pdata[i]);
	g_autofree char *summary = contract_summary(g->contract);
	if (lacks->len == 0)
		checks_add(c, "contract", TRUE, NULL, "version %u: %s",
			   contract_version(g->contract), summary);
}

/* ---- the state ---- */

static void
check_state(checks *c)
{
	g_autoptr(GError) why = NULL;
	g_autofree char *trouble = NULL;

	if (!store_check(c->g->store, &trouble, &why))
		checks_add(c, "state.db", FALSE, NULL, "%s; restore a backup", why->message);
	else if (trouble != NULL)
		checks_add(c, "state.db", FALSE, NULL, "damaged, restore a backup: %s", trouble);
	else
		checks_add(c, "state.db", TRUE, NULL, "whole");
	if (c->g->stopped != NULL)
		checks_add(c, "link", FALSE, checks_command(c, "link show", ""), "stopped: %s",
			   c->g->stopped);
}

void
checks_clock(checks *c)
{
	const store_numbers *n = &c->g->n;
	gint64 now = clock_now(), last = MAX(n->ack_at, MAX(n->last_in, n->last_out));
	g_autofree char *text = clock_stamp(now), *then = clock_stamp(last);

	if (now < CLOCK_LEAST)
		checks_add(c, "clock", FALSE, g_strdup("timedatectl"), "%s is long ago", text);
	else if (now < last - CLOCK_SLIP)
		checks_add(c, "clock", FALSE, g_strdup("timedatectl"),
			   "%s is before %s, when this link last worked", text, then);
	else
		checks_add(c, "clock", TRUE, NULL, "%s", text);
}

static void
check_quarantine(checks *c)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) notes = quarantine_list(c->g->spool, &why);
	gboolean full;

	if (notes == NULL) {
		checks_add(c, "quarantine", FALSE, NULL, "%s", why->message);
		return;
	}
	g_autofree char *room = gate_quarantine_room(c->g, notes, &full);
	checks_add(c, "quarantine", !full, checks_command(c, "spool list", ""), "%s", room);
}

json_t *
report_check(gateway *g, GError **error)
{
	checks c = {.g = g, .all = json_array()};

	(void)error;
	/* Opening the link has read them, and refuses what is wrong. */
	checks_add(&c, "settings", TRUE, NULL, "%s/link.conf", g->dir);
	checks_keys(&c);
	check_dirs(&c);
	checks_channel(&c);
	checks_tracker(&c);
	check_scope(&c);
	check_state(&c);
	check_quarantine(&c);
	checks_clock(&c);
	return c.all;
}
