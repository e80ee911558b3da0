#include "net/stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "net/session_private.h"

#define AHEAD_MAX ((gsize)16 * 1024)

struct net_stream {
	session *session;
	int fd;
	/* Read, to see whether something is there, and not yet asked for. */
	char ahead[AHEAD_MAX];
	gsize from, len;
	gboolean over;
};

net_stream *
net_stream_open(const net_account *account, GError **error)
{
	g_autoptr(net_stream) s = g_new0(net_stream, 1);
	curl_socket_t fd = CURL_SOCKET_BAD;

	s->fd = -1;
	s->session = session_new(account, error);
	if (s->session == NULL)
		return NULL;
	curl_easy_setopt(s->session->curl, CURLOPT_CONNECT_ONLY, 1L);
	if (!session_perform(s->session, error))
		return NULL;
	CURLcode code = curl_easy_getinfo(s->session->curl, CURLINFO_ACTIVESOCKET, &fd);
	if (code == CURLE_OK && fd != CURL_SOCKET_BAD) {
		s->fd = fd;
		return g_steal_pointer(&s);
	}
	session_fail(s->session, CURLE_RECV_ERROR, error);
	return NULL;
}

void
net_stream_close(net_stream *s)
{
	if (s == NULL)
		return;
	session_free(s->session);
	explicit_bzero(s->ahead, sizeof s->ahead);
	g_free(s);
}

/* 1 when FD is ready, 0 at DEADLINE, -1 on error. */
static int
wait_for(const net_stream *s, short events, gint64 deadline)
{
	for (;;) {
		gint64 left = deadline - clock_mono_us();
		struct pollfd p = {.fd = s->fd, .events = events};
		gint64 ms = left <= 0 ? 0 : left / 1000 + 1;
		int ready = poll(&p, 1, (int)MIN(ms, G_MAXINT));

		if (ready > 0)
			return 1;
		if (ready < 0 && errno != EINTR)
			return -1;
		if (left <= 0)
			return 0;
	}
}

/* What is there now: 1 or more, 0 at the end, -1 with errno; EAGAIN: nothing. */
static gssize
receive(net_stream *s, void *buf, gsize len)
{
	size_t n = 0;
	CURLcode code = curl_easy_recv(s->session->curl, buf, len, &n);

	if (code == CURLE_OK)
		return (gssize)n;
	errno = code == CURLE_AGAIN ? EAGAIN : EIO;
	return -1;
}

gssize
net_stream_read(net_stream *s, void *buf, gsize len)
{
	gint64 deadline = clock_mono_us() + s->session->account.timeout * G_USEC_PER_SEC;

	if (s->len > 0) {
		gsize n = MIN(len, s->len);

		memcpy(buf, s->ahead + s->from, n);
		s->from += n;
		s->len -= n;
		return (gssize)n;
	}
	if (s->over)
		return 0;
	for (;;) {
		gssize n = receive(s, buf, len);

		if (n >= 0 || errno != EAGAIN)
			return n;
		int ready = wait_for(s, POLLIN, deadline);
		if (ready <= 0) {
			errno = ready == 0 ? ETIMEDOUT : errno;
			return -1;
		}
	}
}

gssize
net_stream_write(net_stream *s, const void *buf, gsize len)
{
	gint64 patience = s->session->account.timeout * G_USEC_PER_SEC;
	gint64 deadline = clock_mono_us() + patience;

	for (gsize at = 0; at < len;) {
		size_t n = 0;
		CURLcode code =
			curl_easy_send(s->session->curl, (const char *)buf + at, len - at, &n);

		if (code == CURLE_OK) {
			at += n;
			deadline = clock_mono_us() + patience;
			continue;
		}
		errno = EIO;
		int ready = code == CURLE_AGAIN ? wait_for(s, POLLOUT, deadline) : -1;
		if (ready <= 0) {
			errno = ready == 0 ? ETIMEDOUT : errno;
			return -1;
		}
	}
	return (gssize)len;
}

int
net_stream_wait(net_stream *s, int ms)
{
	gint64 deadline = clock_mono_us() + (gint64)ms * 1000;

	if (s->len > 0 || s->over)
		return 1;
	for (;;) {
		/* TLS may hold bytes that the socket no longer shows; and what the socket shows may
		 * be of TLS alone. */
		gssize n = receive(s, s->ahead, sizeof s->ahead);

		if (n >= 0) {
			s->from = 0;
			s->len = (gsize)n;
			s->over = n == 0;
			return 1;
		}
		int ready = errno == EAGAIN ? wait_for(s, POLLIN, deadline) : -1;
		if (ready <= 0)
			return ready;
	}
}

int
net_stream_fd(const net_stream *s)
{
	return s->fd;
}
