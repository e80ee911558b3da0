#include "cli/ask.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fail.h"
#include "cli/print.h"

#define ANSWER_MAX 1024

/* The signal that came while the terminal was silent; it is raised again once it is not. */
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

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

/* Reads a line with the echo off, and puts everything back before a signal does its work. */
static gboolean
read_silently(char line[ANSWER_MAX])
{
	struct sigaction note = {.sa_handler = note_signal}, old[G_N_ELEMENTS(signals)];
	struct termios shown, silent;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return FALSE;
	silent = shown;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	interrupted = 0;
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &note, &old[i]);
	gboolean ok = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 && read_line(line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	if (interrupted != 0)
		raise(interrupted);
	return ok;
}

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

	print_prompt(prompt);
	gboolean ok = read_silently(line);
	print_prompt_end();
	char *ret = ok ? g_strdup(line) : NULL;
	explicit_bzero(line, sizeof line);
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
