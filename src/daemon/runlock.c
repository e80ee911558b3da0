#include "daemon/runlock.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"

#define NAME     "run.lock"
#define TEXT_MAX 64
#define WAIT_MS  500 /* somebody may just be looking */

static void
read_text(int dir, gint64 *ret_pid, gint64 *ret_since)
{
	gsize len;
	g_autofree char *text = fsio_read(dir, NAME, TEXT_MAX, &len, NULL);
	g_auto(GStrv) words = g_strsplit(text != NULL ? text : "", " ", 0);

	*ret_pid = *ret_since = 0;
	if (g_strv_length(words) != 2)
		return;
	*ret_pid = g_ascii_strtoll(words[0], NULL, 10);
	*ret_since = g_ascii_strtoll(words[1], NULL, 10);
}

gboolean
runlock_look(const site *s, gint64 *ret_pid, gint64 *ret_since)
{
	int dir = fsio_open_dir(site_dir(s), NULL);

	if (dir < 0)
		return FALSE;
	gboolean runs = fsio_locked(dir, NAME);
	if (runs)
		read_text(dir, ret_pid, ret_since);
	close(dir);
	return runs;
}

int
runlock_take(const site *s, GError **error)
{
	int dir = fsio_open_dir(site_dir(s), error);
	gint64 pid, since;

	if (dir < 0)
		return -1;
	int lock = fsio_lock(dir, NAME, WAIT_MS, NULL);
	if (lock < 0) {
		read_text(dir, &pid, &since);
		fail_set(error, FAIL_RETRY,
			 "handsel run works on this site already (pid %" G_GINT64_FORMAT
			 "); stop that one first",
			 pid);
	}
	close(dir);
	if (lock < 0)
		return -1;
	g_autofree char *text =
		g_strdup_printf("%d %" G_GINT64_FORMAT "\n", (int)getpid(), clock_now());
	if (ftruncate(lock, 0) == 0 && fsio_write_all(lock, text, strlen(text), error))
		return lock;
	close(lock);
	return -1;
}
