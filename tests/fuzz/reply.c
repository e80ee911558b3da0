/*
 * What mail servers say line by line, by SMTP, POP3 (a NUL in front) or IMAP (a byte of 1).
 */
#include "net/reply.h"

#include "fuzz.h"

static void
check_refusal(const reply *r)
{
	const char *refusal = reply_refusal(r);

	if (refusal == NULL)
		return;
	g_assert_cmpuint(strlen(refusal), <=, 300);
	g_assert_true(g_utf8_validate(refusal, -1, NULL));
	for (const char *p = refusal; *p != '\0'; p++)
		g_assert_false(g_ascii_iscntrl(*p));
	for (int how = 0; how < 4; how++)
		g_assert_cmpint(reply_reason(refusal, (how & 1) != 0, (how & 2) != 0), >=,
				REASON_MAIL_AWAY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mail_protocol protocol = size == 0 || data[0] > 1 ? MAIL_SMTP
				 : data[0] == 0           ? MAIL_POP3
							  : MAIL_IMAP;
	reply *r = reply_new(protocol);
	const uint8_t *end = data + size;

	while (data < end) {
		const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
		const uint8_t *next = newline == NULL ? end : newline + 1;

		/* Of its own, so that a byte too far is seen. */
		g_autofree char *line = g_memdup2(data, (gsize)(next - data));
		reply_line(r, line, (gsize)(next - data));
		check_refusal(r);
		data = next;
	}
	reply_code(r);
	reply_size(r);
	reply_reset(r);
	g_assert_cmpuint(reply_count(r), ==, 0);
	reply_free(r);
	return 0;
}
