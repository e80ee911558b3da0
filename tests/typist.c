/*
 * typist - a person at one or several terminals, for tests
 *
 * typist [-s MILLISECONDS] COMMAND... runs COMMAND on a pseudo-terminal of 80 columns and does what
 * the lines of its standard input say:
 *
 *   @NAME   sits down at terminal NAME; a new one runs COMMAND, its prompt being "NAME$ "
 *   >TEXT   waits until what is shown since the last line was typed ends with TEXT
 *   <TEXT   types TEXT and Enter, with -s slowly
 *   ^C      presses Ctrl and C
 *   %TEXT   prints TEXT as a line of its own
 *
 * and prints all that the terminals show.  Without @ there is one terminal.  It ends as the last
 * terminal's COMMAND does; 98: the script is wrong, 99: a wait was in vain.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TERMINALS_MAX 4
#define NAME_LEN      32
#define SHOWN_MAX     (1 << 20)
#define PATIENCE      60000 /* milliseconds that a wait may take */

typedef struct {
	char name[NAME_LEN];
	int fd;
	pid_t pid;
	size_t len, typed; /* what was shown, and how much of it before the last typing */
	char shown[SHOWN_MAX];
} terminal;

static terminal terminals[TERMINALS_MAX];
static int count;
static char **command;
static useconds_t pause_us;

static _Noreturn void
give_up(int status)
{
	fflush(stdout);
	for (int i = 0; i < count; i++)
		if (terminals[i].pid > 0)
			kill(terminals[i].pid, SIGKILL);
	_exit(status);
}

static _Noreturn void
run_command(const char *name)
{
	char prompt[NAME_LEN + 3];

	snprintf(prompt, sizeof prompt, "%s$ ", name);
	setenv("PS1", prompt, 1);
	setenv("TERM", "dumb", 1);
	setenv("TERMINAL", name, 1);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

static terminal *
open_terminal(const char *name)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	for (int i = 0; i < count; i++)
		if (strcmp(terminals[i].name, name) == 0)
			return &terminals[i];
	if (count == TERMINALS_MAX)
		give_up(98);
	terminal *t = &terminals[count++];
	snprintf(t->name, sizeof t->name, "%s", name);
	fflush(stdout);
	t->pid = forkpty(&t->fd, NULL, NULL, &size);
	if (t->pid == 0)
		run_command(name);
	if (t->pid < 0) {
		perror("forkpty");
		give_up(98);
	}
	return t;
}

/* Takes what the terminal shows; 0: it is closed; -1: nothing came. */
static int
look(terminal *t, int milliseconds)
{
	struct pollfd p = {.fd = t->fd, .events = POLLIN};
	char buf[4096];

	if (poll(&p, 1, milliseconds) <= 0)
		return -1;
	ssize_t n = read(t->fd, buf, sizeof buf);
	if (n <= 0)
		return n < 0 && errno == EINTR ? -1 : 0;
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] == '\r' || t->len == SHOWN_MAX)
			continue;
		t->shown[t->len++] = buf[i];
		putchar(buf[i]);
	}
	return 1;
}

static int
ends_with(const terminal *t, const char *text)
{
	size_t len = strlen(text);

	return t->len - t->typed >= len && memcmp(t->shown + t->len - len, text, len) == 0;
}

static void
wait_for(terminal *t, const char *text)
{
	for (int left = PATIENCE; left > 0 && !ends_with(t, text); left -= 100)
		if (look(t, 100) == 0)
			break;
	if (ends_with(t, text))
		return;
	fflush(stdout);
	fprintf(stderr, "\ntypist: %s: waited in vain for \"%s\"\n", t->name, text);
	give_up(99);
}

static void
type(terminal *t, const char *text, size_t len)
{
	t->typed = t->len;
	for (size_t i = 0; i < len; i++) {
		if (write(t->fd, text + i, 1) != 1)
			give_up(99);
		if (pause_us > 0)
			usleep(pause_us);
	}
}

static void
do_line(terminal **t, char *line)
{
	size_t len = strlen(line);
	char key;

	if (*line == '@') {
		*t = open_terminal(line + 1);
		return;
	}
	if (*line == '%') {
		printf("%s\n", line + 1);
		return;
	}
	if (*t == NULL)
		*t = open_terminal("terminal");
	switch (*line) {
	case '>':
		wait_for(*t, line + 1);
		break;
	case '<':
		line[len] = '\n';
		type(*t, line + 1, len);
		break;
	case '^':
		key = (char)(line[1] & 0x1f);
		type(*t, &key, 1);
		break;
	case '\0':
		break;
	default:
		fprintf(stderr, "typist: no such line: %s\n", line);
		give_up(98);
	}
}

/* Waits until the command on T has ended; its exit status. */
static int
finish(terminal *t)
{
	int status = 0, seen = 1;

	for (int left = PATIENCE; left > 0 && seen != 0; left -= seen < 0 ? 100 : 0)
		seen = look(t, 100);
	if (seen != 0) {
		fprintf(stderr, "\ntypist: %s: does not end\n", t->name);
		give_up(99);
	}
	while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(t->fd);
	t->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	char line[4096 + 2];
	terminal *t = NULL;
	int status = 0, first = 1;

	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		pause_us = (useconds_t)strtoul(argv[2], NULL, 10) * 1000;
		first = 3;
	}
	if (argc <= first) {
		fputs("usage: typist [-s MILLISECONDS] COMMAND...\n", stderr);
		return 98;
	}
	command = argv + first;
	while (fgets(line, 4096, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		do_line(&t, line);
	}
	if (count == 0)
		open_terminal("terminal");
	for (int i = 0; i < count; i++)
		status = finish(&terminals[i]);
	return status;
}
