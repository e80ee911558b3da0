#include <errno.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/u64.h"
#include "pgp/helper.h"
#include "pgp/helper_status.h"
#include "pgp/pgp.h"

#define BUFFER 65536

/* What a message of a shape is, where the link wants another. */
typedef struct {
	int reason; /* 0: as wanted */
	const char *text;
} verdict;

static const verdict verdicts[][SHAPE_PLAIN + 1] = {
	[PGP_ENCRYPT] =
		{
			[SHAPE_OTHER] =
				{REASON_CANNOT_DECRYPT,
				 "not a binary OpenPGP message, or damaged at its beginning"},
			[SHAPE_PASSPHRASE] =
				{REASON_PROTECTION,
				 "a passphrase opens the message; it must be encrypted to our "
				 "key alone"},
			[SHAPE_COMPRESSED] = {REASON_PROTECTION, "the message is not encrypted"},
			[SHAPE_SIGNED] = {REASON_PROTECTION, "the message is not encrypted"},
			[SHAPE_PLAIN] = {REASON_PROTECTION,
					 "the message is neither encrypted nor signed"},
		},
	[PGP_SIGN] =
		{
			[SHAPE_OTHER] =
				{REASON_UNSIGNED,
				 "not a binary OpenPGP message, or damaged at its beginning"},
			[SHAPE_ENCRYPTED] = {REASON_PROTECTION,
					     "the message is encrypted, but the link signs only"},
			[SHAPE_PASSPHRASE] =
				{REASON_PROTECTION,
				 "the message is encrypted by a passphrase, but the link signs "
				 "only"},
			[SHAPE_COMPRESSED] =
				{REASON_UNSIGNED,
				 "the message is compressed; a signed one must not be"},
			[SHAPE_PLAIN] = {REASON_UNSIGNED, "the message is not signed"},
		},
};

static gboolean
check_shape(int fd, pgp_protect protect, GError **error)
{
	helper_shape shape;

	if (!helper_shape_of(fd, &shape, error))
		return FALSE;
	const verdict *v = &verdicts[protect][shape];
	if (v->reason != 0)
		fail_set(error, v->reason, "%s", v->text);
	return v->reason == 0;
}

/* Trouble with reading our own copy says nothing about the message. */
static gboolean
check_readable(int fd, off_t from, GError **error)
{
	g_autofree char *buf = g_malloc(BUFFER);
	ssize_t n;

	while ((n = pread(fd, buf, BUFFER, from)) > 0)
		from += n;
	if (n < 0)
		fail_errno(error, errno, "cannot read the message");
	return n == 0;
}

/* Lets gpg unpack M's first file into its second, LIMIT bytes at most, by the words ARGS. */
static gboolean
unpack(helper *h, const wire_message *m, const char *limit, const char *const *args,
       helper_said *ret, GError **error)
{
	helper_sink sink = {.fd = m->fds[1]};
	const helper_run run = {
		.args = args, .in = m->fds[0], .sink = &sink, .what = "cannot unpack", .dir = -1};
	off_t from = lseek(m->fds[0], 0, SEEK_CUR);

	if (!u64_parse(limit, G_MAXUINT64, &sink.left)) {
		fail_set(error, FAIL_BUG, "%s is no limit", limit);
		return FALSE;
	}
	return helper_gpg(h, &run, ret, error) &&
	       (ret->clean || check_readable(m->fds[0], from, error));
}

gboolean
helper_unseal(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	static const char *const args[] = {"--output", "-", "--decrypt", NULL};
	gboolean encrypted = g_str_equal(m->fields[0], "encrypt");
	g_auto(helper_said) said = {0};
	helper_status status;

	if (!check_shape(m->fds[0], encrypted ? PGP_ENCRYPT : PGP_SIGN, error) ||
	    !unpack(h, m, m->fields[1], args, &said, error))
		return FALSE;
	helper_status_read(said.text, said.len, &status);
	return helper_status_judge(&status, said.clean, encrypted, m->fields + 2, ret_text, error);
}

gboolean
helper_decrypt(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	static const char *const args[] = {"--output", "-", "--skip-verify", "--decrypt", NULL};
	g_auto(helper_said) said = {0};
	helper_status status;

	if (!check_shape(m->fds[0], PGP_ENCRYPT, error) ||
	    !unpack(h, m, m->fields[0], args, &said, error))
		return FALSE;
	helper_status_read(said.text, said.len, &status);
	return helper_status_decrypted(&status, said.clean, error);
}
