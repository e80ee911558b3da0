/*
 * fault - the places where tests make a step fail or the process die
 *
 * Every durable step (file operation, database call, tracker write) passes a named point, and so
 * does every other that can fail: what is read, listed, allocated.  Unarmed, a point costs one
 * comparison.
 */
#pragma once
#include <glib.h>

typedef enum { FAULT_FAIL, FAULT_DIE, FAULT_STOP } fault_kind;

/* Tests: the Nth pass (1 is the next) through a point whose name is POINT (NULL: any) fails,
 * dies or stops. */
void fault_arm(const char *point, guint nth, fault_kind);
void fault_disarm(void);
/* Passes since the last fault_arm or fault_disarm, to sweep over. */
guint fault_passes(void);
/* Tests: SEEN is called at each pass, whatever is armed; LEAVES: something may be left behind
 * there. NULL ends that. */
typedef void fault_seen(const char *point, gboolean leaves);
void fault_watch(fault_seen *seen);
/*
 * Passes POINT: TRUE when the step shall be done.  FALSE sets *ERROR (class
 * RETRY, "injected failure") and the step must not be done.  FAULT_DIE ends the
 * process at once with SIGKILL, as a power cut would; with FAULT_STOP it stops there until it gets
 * SIGCONT, and the step is done.
 */
gboolean fault_pass(const char *point, GError **error);
/* The same for a step that leaves nothing behind: a death there is one at the step before it, so
 * that it does not count where any point is deadly. */
gboolean fault_look(const char *point, GError **error);
