#include "cli/ask.h"

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

/* A line of the input without its end; FALSE at the end of input or when a signal came. */
static gboolean
read_line(char line[ANSWER_MAX])
{
	gsize len = 0;
	char c;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
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

	print_prompt(prompt);
	if (!read_line(line) || *g_strstrip(line) == '\0')
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

/*
 * Shows PROMPT and reads a line; *RET_SIGNAL is what interrupted it, or 0.  SILENT: the echo goes
 * off before the prompt is there, for setting it drops what was typed before; and whatever comes,
 * the terminal is put back first.
 */
static gboolean
read_guarded(const char *prompt, gboolean silent, char line[ANSWER_MAX], int *ret_signal)
{
	struct sigaction note = {.sa_handler = note_signal}, old[G_N_ELEMENTS(signals)];
	gsize noted = silent ? G_N_ELEMENTS(signals) : 1;
	struct termios shown, quiet;
	gboolean ok = TRUE;

	if (silent && tcgetattr(STDIN_FILENO, &shown) != 0)
		return FALSE;
	interrupted = 0;
	for (gsize i = 0; i < noted; i++)
		sigaction(signals[i], &note, &old[i]);
	if (silent) {
		quiet = shown;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		ok = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
	}
	print_prompt(prompt);
	ok = ok && read_line(line);
	if (silent)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	if (silent || !ok)
		print_prompt_end();
	for (gsize i = 0; i < noted; i++)
		sigaction(signals[i], &old[i], NULL);
	*ret_signal = interrupted;
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
