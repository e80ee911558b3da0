/*
 * The bodies of pairing envelopes: each reader gets each body.
 */
#include "handshake/message.h"

#include "fuzz.h"

#define READ(type)                                                                                 \
	static void read_##type(const json_t *j)                                                   \
	{                                                                                          \
		g_autoptr(GError) why = NULL;                                                      \
		g_auto(message_##type) m = {0}, same = {0};                                        \
		gboolean ok = message_##type##_read(j, &m, &why);                                  \
                                                                                                   \
		fuzz_outcome(ok, &why);                                                            \
		if (!ok)                                                                           \
			return;                                                                    \
		g_autoptr(json_ref) written = message_##type##_to_json(&m);                        \
		g_assert_true(message_##type##_read(written, &same, &why));                        \
		g_assert_no_error(why);                                                            \
		g_autoptr(json_ref) again = message_##type##_to_json(&same);                       \
		g_assert_true(json_equal(written, again));                                         \
	}

READ(s1)
READ(m1)
READ(s2)
READ(refused)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(json_ref) j = json_read((const char *)data, size, NULL);

	if (j == NULL)
		return 0;
	read_s1(j);
	read_m1(j);
	read_s2(j);
	read_refused(j);
	return 0;
}
