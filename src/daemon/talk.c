#include "daemon/talk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

talk_message
talk_new(talk_type type, const char *text)
{
	talk_message m;

	/* Every byte of it is sent. */
	memset(&m, 0, sizeof m);
	m.type = type;
	if (text == NULL)
		return m;
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	if (strlen(valid) >= sizeof m.text)
		*g_utf8_find_prev_char(valid, valid + sizeof m.text) = '\0';
	g_strlcpy(m.text, valid, sizeof m.text);
	return m;
}

gboolean
talk_send(int fd, const talk_message *m)
{
	gssize sent;

	do {
		sent = send(fd, m, sizeof *m, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent == (gssize)sizeof *m;
}

talk_result
talk_receive(int fd, gboolean wait, talk_message *ret)
{
	talk_message m;
	gssize got = recv(fd, &m, sizeof m, wait ? 0 : MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return TALK_NONE;
	if (got != (gssize)sizeof m)
		return TALK_OVER;
	m.text[sizeof m.text - 1] = '\0';
	*ret = m;
	return TALK_GOT;
}

gboolean
talk_waits(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0 ||
	       (errno != EAGAIN && errno != EINTR);
}
