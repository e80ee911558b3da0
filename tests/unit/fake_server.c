#include "fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE 10 /* seconds */

struct fake {
	const fake_step *steps;
	int listener, fd;
	guint port;
	GThread *thread;
	GString *heard;
	char buf[65536];
	gssize at, len;
	char *tag;
	char *wrong;
};

static void
set_patience(int fd)
{
	const struct timeval t = {.tv_sec = PATIENCE};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

/* A line with its end; NULL at the end of the connection. */
static char *
hear_line(fake *f)
{
	GString *line = g_string_new(NULL);
	for (char c = 0; c != '\n';) {
		if (f->at >= f->len) {
			f->at = 0;
			f->len = recv(f->fd, f->buf, sizeof f->buf, 0);
		}
		if (f->len <= 0)
			break;
		c = f->buf[f->at++];
		g_string_append_c(line, c);
	}
	g_string_append(f->heard, line->str);
	return g_string_free(line, line->len == 0);
}

static gboolean
hear(fake *f, const char *wait)
{
	gboolean mail = strcmp(wait, FAKE_MAIL) == 0;

	for (;;) {
		g_autofree char *line = hear_line(f);

		if (line == NULL)
			return FALSE;
		g_free(f->tag);
		f->tag = g_strndup(line, strcspn(line, " \r\n"));
		if (!mail)
			return strstr(line, wait) != NULL;
		if (strcmp(line, ".\r\n") == 0)
			return TRUE;
	}
}

static void
say(fake *f, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "%T", -1);
	g_autofree char *whole = g_strjoinv(f->tag, parts);
	g_autofree char *line = g_strconcat(whole, "\r\n", NULL);

	/* The client may be gone already. */
	(void)!send(f->fd, line, strlen(line), MSG_NOSIGNAL);
}

static void
hang_up(fake *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->at = f->len = 0;
}

static gboolean
meet(fake *f)
{
	hang_up(f);
	f->fd = accept(f->listener, NULL, NULL);
	if (f->fd >= 0)
		set_patience(f->fd);
	return f->fd >= 0;
}

static gpointer
serve(gpointer data)
{
	fake *f = data;
	gboolean ok = meet(f);

	for (const fake_step *s = f->steps; ok && (s->wait != NULL || s->say != NULL); s++) {
		if (s->wait != NULL)
			ok = strcmp(s->wait, FAKE_CONNECT) == 0 ? meet(f) : hear(f, s->wait);
		if (!ok)
			f->wrong = g_strdup_printf("waited for \"%s\"", s->wait);
		else if (s->say != NULL && strcmp(s->say, FAKE_HANG_UP) == 0)
			hang_up(f);
		else if (s->say != NULL)
			say(f, s->say);
	}
	/* What comes behind the last step is of no interest, but must not be cut off; only who says
	 * goodbye is waited for by nobody. */
	while (ok && f->fd >= 0) {
		g_autofree char *line = hear_line(f);

		if (line != NULL && g_str_has_prefix(line, "QUIT"))
			say(f, "221 bye");
		if (line == NULL || g_str_has_prefix(line, "QUIT"))
			hang_up(f);
	}
	hang_up(f);
	return NULL;
}

fake *
fake_start(const fake_step *steps)
{
	fake *f = g_new0(fake, 1);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;

	f->steps = steps;
	f->heard = g_string_new(NULL);
	f->tag = g_strdup("");
	f->fd = -1;
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	set_patience(f->listener);
	g_assert_cmpint(bind(f->listener, (struct sockaddr *)&a, sizeof a), ==, 0);
	g_assert_cmpint(listen(f->listener, 5), ==, 0);
	g_assert_cmpint(getsockname(f->listener, (struct sockaddr *)&a, &len), ==, 0);
	f->port = ntohs(a.sin_port);
	f->thread = g_thread_new("fake", serve, f);
	return f;
}

mail_url *
fake_url(const fake *f, const char *scheme)
{
	g_autofree char *text = g_strdup_printf("%s://anna@127.0.0.1:%u", scheme, f->port);

	return mail_url_parse(text, NULL);
}

char *
fake_end(fake *f)
{
	g_thread_join(f->thread);
	close(f->listener);
	if (f->wrong != NULL)
		g_test_message("%s, heard:\n%s", f->wrong, f->heard->str);
	g_assert_cmpstr(f->wrong, ==, NULL);
	char *ret = g_string_free(f->heard, FALSE);
	g_free(f->tag);
	g_free(f);
	return ret;
}
