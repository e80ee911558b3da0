#include "cli/ask.h"

#include <errno.h>
#include <fcntl.h>
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
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* A line without its end, from FD; FALSE at the end of input or when a signal came. */
static gboolean
read_line(int fd, char line[ANSWER_MAX])
{
	gsize len = 0;
	char c;

	for (;;) {
		ssize_t n = read(fd, &c, 1);
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
	if (!read_line(STDIN_FILENO, line) || *g_strstrip(line) == '\0')
		return fallback;
	return g_ascii_strcasecmp(line, "y") == 0 || g_ascii_strcasecmp(line, "yes") == 0;
}

static void
note_signal(int number)
{
	interrupted = number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

/* Reads a line of FD with the echo off, and puts everything back before a signal does its work. */
static gboolean
read_silently(int fd, char line[ANSWER_MAX])
{
	struct sigaction note = {.sa_handler = note_signal}, old[G_N_ELEMENTS(signals)];
	struct termios shown, silent;

	if (tcgetattr(fd, &shown) != 0)
		return FALSE;
	silent = shown;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	interrupted = 0;
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &note, &old[i]);
	gboolean ok = tcsetattr(fd, TCSAFLUSH, &silent) == 0 && read_line(fd, line);
	tcsetattr(fd, TCSAFLUSH, &shown);
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

/* One line from the terminal FD; caller wipes and frees. */
static char *
ask_once(int fd, const char *prompt, GError **error)
{
	char line[ANSWER_MAX] = {0};

	print_prompt(prompt);
	gboolean ok = read_silently(fd, line);
	print_line("%s", "");
	char *ret = ok ? g_strdup(line) : NULL;
	explicit_bzero(line, sizeof line);
	if (ret == NULL)
		fail_set(error, FAIL_USAGE, "nothing was entered");
	return ret;
}

static char *
ask_on(int fd, const char *prompt, gboolean twice, GError **error)
{
	char *first = ask_once(fd, prompt, error);
	char *second = first != NULL && twice ? ask_once(fd, "Once more: ", error) : NULL;
	gboolean ok = first != NULL && (!twice || second != NULL);

	if (ok && twice && strcmp(first, second) != 0) {
		fail_set(error, FAIL_USAGE, "the two entries differ; nothing was done");
		ok = FALSE;
	}
	ask_forget(second);
	if (ok)
		return first;
	ask_forget(first);
	return NULL;
}

char *
ask_secret(const char *prompt, gboolean twice, GError **error)
{
	int fd = ask_possible() ? open("/dev/tty", O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0) {
		fail_set(error, FAIL_USAGE,
			 "there is no terminal to ask for the passphrase; "
			 "--passphrase-file FILE reads it from a file");
		return NULL;
	}
	char *secret = ask_on(fd, prompt, twice, error);
	close(fd);
	return secret;
}
