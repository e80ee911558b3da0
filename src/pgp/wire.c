#include "pgp/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"

typedef union {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(WIRE_FDS * sizeof(int))];
} wire_control;

void
wire_message_clear(wire_message *m)
{
	g_clear_pointer(&m->fields, g_strfreev);
	for (int i = 0; i < WIRE_FDS; i++) {
		if (m->fds[i] >= 0)
			close(m->fds[i]);
		m->fds[i] = -1;
	}
}

/* The packet: the code, then each field with its NUL. */
static GByteArray *
pack(int code, const char *const *fields, GError **error)
{
	g_autoptr(GByteArray) packet = g_byte_array_new();
	guint n = 0;

	g_byte_array_append(packet, (const guint8 *)&code, sizeof code);
	for (; fields != NULL && fields[n] != NULL; n++) {
		gsize len = strlen(fields[n]) + 1;

		if (n >= WIRE_FIELDS_MAX || len > WIRE_MESSAGE_MAX - packet->len) {
			fail_set(error, FAIL_REJECT, "too much for one request to handsel-pgp");
			return NULL;
		}
		g_byte_array_append(packet, (const guint8 *)fields[n], (guint)len);
	}
	return g_steal_pointer(&packet);
}

static void
attach(struct msghdr *h, wire_control *control, const int *fds)
{
	int send[WIRE_FDS];
	guint n = 0;

	for (int i = 0; fds != NULL && i < WIRE_FDS; i++)
		if (fds[i] >= 0)
			send[n++] = fds[i];
	if (n == 0)
		return;
	memset(control, 0, sizeof *control);
	h->msg_control = control->bytes;
	h->msg_controllen = CMSG_SPACE(n * sizeof(int));
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), send, n * sizeof(int));
}

gboolean
wire_send(int socket, int code, const char *const *fields, const int *fds, GError **error)
{
	g_autoptr(GByteArray) packet = pack(code, fields, error);

	if (packet == NULL)
		return FALSE;
	struct iovec iov = {packet->data, packet->len};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	wire_control control;
	attach(&h, &control, fds);
	ssize_t n;
	do
		n = sendmsg(socket, &h, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		fail_errno(error, errno, "cannot send to the other end of handsel-pgp");
		return FALSE;
	}
	return TRUE;
}

/* Takes all descriptors out of H: those beyond our maximum never came, MSG_CTRUNC tells. */
static void
detach(struct msghdr *h, int *fds)
{
	guint n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		gsize count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (gsize i = 0; i < count && n < WIRE_FDS; i++)
			memcpy(&fds[n++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

static gboolean
unpack(const char *packet, gsize len, wire_message *ret)
{
	g_autoptr(GStrvBuilder) fields = g_strv_builder_new();
	guint n = 0;

	if (len < sizeof ret->code || (len > sizeof ret->code && packet[len - 1] != '\0'))
		return FALSE;
	memcpy(&ret->code, packet, sizeof ret->code);
	for (gsize at = sizeof ret->code; at < len; at += strlen(packet + at) + 1) {
		if (n++ >= WIRE_FIELDS_MAX)
			return FALSE;
		g_strv_builder_add(fields, packet + at);
	}
	ret->fields = g_strv_builder_end(fields);
	return TRUE;
}

wire_result
wire_receive(int socket, wire_message *ret, GError **error)
{
	g_autofree char *packet = g_malloc(WIRE_MESSAGE_MAX);
	struct iovec iov = {packet, WIRE_MESSAGE_MAX};
	wire_control control;
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof control.bytes};
	ssize_t n;

	do
		n = recvmsg(socket, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return WIRE_ENDED;
	if (n < 0) {
		fail_errno(error, errno, "cannot receive from the other end of handsel-pgp");
		return WIRE_FAILED;
	}
	detach(&h, ret->fds);
	if ((h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || !unpack(packet, (gsize)n, ret)) {
		fail_set(error, FAIL_BUG, "handsel-pgp: malformed message");
		wire_message_clear(ret);
		return WIRE_FAILED;
	}
	return WIRE_RECEIVED;
}
