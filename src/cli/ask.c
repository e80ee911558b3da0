#include "cli/ask.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fail.h"
#include "cli/print.h"

#define ANSWER_MAX 4097 /* what a terminal hands over at once, and an end */

/* The signal that came while somebody was asked; it does its work once the terminal is as before.
 */
static volatile sig_atomic_t interrupted;

gboolean
ask_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

/* Waits for input, signals being blocked as MASK says; FALSE when one came that is noted. */
static gboolean
wait_for_input(const sigset_t *mask)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	while (interrupted == 0 && ppoll(&p, 1, NULL, mask) < 0)
		if (errno != EINTR)
			return FALSE;
	return interrupted == 0;
}

/* A line of the input without its end; FALSE at the end of input or when a signal came. */
static gboolean
read_line(char line[ANSWER_MAX], const sigset_t *mask)
{
	gsize len = 0;
	char c;

	for (;;) {
		ssize_t n = wait_for_input(mask) ? read(STDIN_FILENO, &c, 1) : -1;
		if (n <= 0 || c == '\n') {
			line[len] = '\0';
			return n > 0;
		}
		if (len < ANSWER_MAX - 1)
			line[len++] = c;
	}
}

gboolean
ask_yes(const char *question, gboolean fallback)
{
	g_autofree char *prompt = g_strdup_printf("%s [%s] ", question, fallback ? "Y/n" : "y/N");
	char line[ANSWER_MAX];
	sigset_t mask;

	print_prompt(prompt);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	interrupted = 0;
	if (!read_line(line, &mask) || *g_strstrip(line) == '\0')
		return fallback;
	return g_ascii_strcasecmp(line, "y") == 0 || g_ascii_strcasecmp(line, "yes") == 0;
}

static void
note_signal(int number)
{
	interrupted = number;
}

/* The first one alone matters while the terminal shows what is typed. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

typedef struct {
	gsize count; /* of the signals that are noted */
	sigset_t mask;
	struct sigaction old[G_N_ELEMENTS(signals)];
} guard_state;

/* Signals are noted from now on, and come through in wait_for_input() only. */
static void
guard(guard_state *g, gsize count)
{
	struct sigaction note = {.sa_handler = note_signal};
	sigset_t blocked;

	g->count = count;
	interrupted = 0;
	sigemptyset(&blocked);
	for (gsize i = 0; i < count; i++)
		sigaddset(&blocked, signals[i]);
	pthread_sigmask(SIG_BLOCK, &blocked, &g->mask);
	for (gsize i = 0; i < count; i++)
		sigaction(signals[i], &note, &g->old[i]);
}

/* Puts everything back; the signal that came, or 0. */
static int
unguard(const guard_state *g)
{
	pthread_sigmask(SIG_SETMASK, &g->mask, NULL);
	for (gsize i = 0; i < g->count; i++)
		sigaction(signals[i], &g->old[i], NULL);
	return interrupted;
}

/*
 * Shows PROMPT and reads a line; *RET_SIGNAL is what interrupted it, or 0.  SILENT: the echo goes
 * off before the prompt is there, for setting it drops what was typed before; and whatever comes,
 * the terminal is put back first.
 */
static gboolean
read_guarded(const char *prompt, gboolean silent, char line[ANSWER_MAX], int *ret_signal)
{
	struct termios shown, quiet;
	guard_state g;
	gboolean ok = TRUE;

	if (silent && tcgetattr(STDIN_FILENO, &shown) != 0)
		return FALSE;
	guard(&g, silent ? G_N_ELEMENTS(signals) : 1);
	if (silent) {
		quiet = shown;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		ok = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
	}
	print_prompt(prompt);
	ok = ok && read_line(line, &g.mask);
	if (silent)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	if (silent || !ok)
		print_prompt_end();
	*ret_signal = unguard(&g);
	return ok;
}

static char *
ask_for_wizard(const char *prompt, gboolean silent, gpointer data G_GNUC_UNUSED)
{
	char line[ANSWER_MAX] = {0};
	int signal = 0;
	gboolean ok = read_guarded(prompt, silent, line, &signal);
	char *ret = ok ? g_strdup(line) : NULL;

	explicit_bzero(line, sizeof line);
	if (signal != 0 && signal != SIGINT)
		raise(signal);
	return ret;
}

static void
say_for_wizard(const char *line, gpointer data G_GNUC_UNUSED)
{
	print_line("%s", line);
}

const wizard_io ask_wizard = {say_for_wizard, ask_for_wizard, NULL};

void
ask_forget(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	g_free(secret);
}

/* One line; caller wipes and frees. */
static char *
ask_once(const char *prompt, GError **error)
{
	char line[ANSWER_MAX] = {0};
	int signal = 0;
	gboolean ok = read_guarded(prompt, TRUE, line, &signal);
	char *ret = ok ? g_strdup(line) : NULL;

	explicit_bzero(line, sizeof line);
	if (signal != 0)
		raise(signal);
	if (ret == NULL)
		fail_set(error, FAIL_USAGE, "nothing was entered");
	return ret;
}

char *
ask_secret(const char *prompt, gboolean twice, GError **error)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		fail_set(error, FAIL_USAGE,
			 "there is no terminal to ask for the passphrase; "
			 "--passphrase-file FILE reads it from a file");
		return NULL;
	}
	char *first = ask_once(prompt, error);
	char *second = first != NULL && twice ? ask_once("Once more: ", error) : NULL;
	gboolean ok = first != NULL && (!twice || second != NULL);

	if (ok && twice && strcmp(first, second) != 0) {
		fail_set(error, FAIL_USAGE,
			 "the two entries differ; enter the same passphrase twice");
		ok = FALSE;
	}
	if (ok && *first == '\0') {
		fail_set(error, FAIL_USAGE, "the passphrase is empty; enter one");
		ok = FALSE;
	}
	ask_forget(second);
	if (ok)
		return first;
	ask_forget(first);
	return NULL;
}
