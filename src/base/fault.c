#include "base/fault.h"

#include <signal.h>
#include <unistd.h>

#include "base/fail.h"

static char *armed_point;
static guint armed_nth; /* 0: unarmed */
static fault_kind armed_kind;
static guint passes;
static fault_seen *watcher;

void
fault_arm(const char *point, guint nth, fault_kind kind)
{
	g_free(armed_point);
	armed_point = g_strdup(point);
	armed_nth = nth;
	armed_kind = kind;
	passes = 0;
}

void
fault_disarm(void)
{
	fault_arm(NULL, 0, FAULT_FAIL);
}

guint
fault_passes(void)
{
	return passes;
}

void
fault_watch(fault_seen *seen)
{
	watcher = seen;
}

static gboolean
pass(const char *point, GError **error)
{
	if (armed_point != NULL && !g_str_equal(armed_point, point))
		return TRUE;
	passes++;
	if (armed_nth == 0 || passes != armed_nth)
		return TRUE;
	if (armed_kind == FAULT_DIE)
		kill(getpid(), SIGKILL);
	if (armed_kind == FAULT_STOP) {
		raise(SIGSTOP);
		return TRUE;
	}
	fail_set(error, FAIL_RETRY, "injected failure at %s", point);
	return FALSE;
}

gboolean
fault_pass(const char *point, GError **error)
{
	if (watcher != NULL)
		watcher(point, TRUE);
	return pass(point, error);
}

gboolean
fault_look(const char *point, GError **error)
{
	if (watcher != NULL)
		watcher(point, FALSE);
	return (armed_point == NULL && armed_nth > 0 && armed_kind != FAULT_FAIL) ||
	       pass(point, error);
}
