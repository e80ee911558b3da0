/*
 * What the supervisor and a worker say to each other.
 */
#include "daemon/talk.h"

#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = fuzz_text(data, size);
	talk_message m = talk_new(TALK_AWAY, text), got;
	int ends[2];

	g_assert_true(g_utf8_validate(m.text, -1, NULL));
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
	g_assert_true(talk_send(ends[0], &m));
	g_assert_cmpint(talk_receive(ends[1], FALSE, &got), ==, TALK_GOT);
	g_assert_cmpstr(got.text, ==, m.text);
	g_assert_cmpint(talk_receive(ends[1], FALSE, &got), ==, TALK_NONE);
	g_assert_cmpint(send(ends[0], data, MIN(size, 65536), 0), >=, 0);
	talk_result result = talk_receive(ends[1], FALSE, &got);
	g_assert_true(result == (size >= sizeof got ? TALK_GOT : TALK_OVER));
	if (result == TALK_GOT)
		g_assert_cmpuint(strlen(got.text), <, sizeof got.text);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
