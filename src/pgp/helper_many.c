/*
 * Many small envelopes by one gpg.
 *
 * Only what passes every check of the way for one file is taken; what does not is not judged, since
 * the caller asks that way for it.  gpg --decrypt-files is less strict with what lies beside the
 * message in a file than gpg --decrypt, so the packets are looked at first; and its exit status
 * is one for all files, so an error with any of them makes all worth nothing.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/u64.h"
#include "pgp/helper.h"
#include "pgp/helper_status.h"
#include "pgp/pgp.h"

#define SUFFIX ".gpg" /* gpg leaves it out of the name that it writes */

typedef struct {
	helper *h;
	int dir;
	gboolean encrypted;
	guint64 limit;
	char **names; /* N of them, then the signers */
	guint n;
	char **signers;
	char *opened;     /* N times '0' or '1' */
	GPtrArray *given; /* of gpg: their indices */
} batch;

static gboolean
is_fit(const batch *b, const char *name)
{
	g_autofree char *sealed = g_strconcat(name, SUFFIX, NULL);
	struct stat st;

	if (!fsio_name_safe(sealed) || fsio_exists(b->dir, name))
		return FALSE;
	int fd = fsio_open_foreign(b->dir, sealed, &st, NULL);
	if (fd < 0)
		return FALSE;
	gboolean fit = st.st_size > 0 && st.st_size <= PGP_MANY_SIZE &&
		       helper_is_one_message(fd, (guint64)st.st_size, b->encrypted);
	close(fd);
	return fit;
}

static gboolean
decrypt_files(const batch *b, helper_said *ret, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(args, g_strdup("--decrypt-files"));
	g_ptr_array_add(args, g_strdup("--"));
	for (guint i = 0; i < b->given->len; i++)
		g_ptr_array_add(args, g_strconcat(b->names[GPOINTER_TO_UINT(b->given->pdata[i])],
						  SUFFIX, NULL));
	g_ptr_array_add(args, NULL);
	const helper_run run = {.args = (const char *const *)args->pdata,
				.in = -1,
				.dir = b->dir,
				.file_max = b->limit};
	return helper_gpg(b->h, &run, ret, error);
}

static gboolean
fits(const batch *b, const char *name)
{
	struct stat st;
	int fd = fsio_open_foreign(b->dir, name, &st, NULL);

	if (fd < 0)
		return FALSE;
	close(fd);
	return (guint64)st.st_size <= b->limit;
}

/* Marks what is flawless.  The parts of what gpg said must be of the files, in their order. */
static void
judge_files(const batch *b, const helper_said *said)
{
	gsize at = 0;

	for (guint i = 0; said->clean && i < b->given->len; i++) {
		guint which = GPOINTER_TO_UINT(b->given->pdata[i]);
		g_autofree char *sealed = g_strconcat(b->names[which], SUFFIX, NULL);
		g_autofree char *signer = NULL;
		helper_status status;

		if (!helper_status_read_file(said->text, said->len, &at, sealed, &status))
			return;
		if (helper_status_judge(&status, said->clean, b->encrypted, b->signers, &signer,
					NULL) &&
		    fits(b, b->names[which]))
			b->opened[which] = '1';
	}
}

/* Leaves only what is marked. */
static void
clean_up(const batch *b)
{
	for (guint i = 0; i < b->given->len; i++) {
		guint which = GPOINTER_TO_UINT(b->given->pdata[i]);

		if (b->opened[which] != '1')
			fsio_remove(b->dir, b->names[which], NULL);
	}
}

static gboolean
open_batch(batch *b, GError **error)
{
	g_auto(helper_said) said = {0};

	for (guint i = 0; i < b->n; i++)
		if (is_fit(b, b->names[i]))
			g_ptr_array_add(b->given, GUINT_TO_POINTER(i));
	if (b->given->len == 0)
		return TRUE;
	gboolean ok = decrypt_files(b, &said, error);
	if (ok)
		judge_files(b, &said);
	clean_up(b);
	return ok;
}

gboolean
helper_unseal_many(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	g_autoptr(GPtrArray) given = g_ptr_array_new();
	batch b = {.h = h,
		   .dir = m->fds[0],
		   .encrypted = g_str_equal(m->fields[0], "encrypt"),
		   .names = m->fields + 3,
		   .given = given};
	guint64 n = 0;

	if (!u64_parse(m->fields[1], G_MAXUINT64, &b.limit) ||
	    !u64_parse(m->fields[2], PGP_MANY_MAX, &n) || g_strv_length(b.names) <= n) {
		fail_set(error, FAIL_BUG, "handsel-pgp: malformed request");
		return FALSE;
	}
	b.n = (guint)n;
	b.signers = b.names + n;
	g_autofree char *opened = g_strnfill(b.n, '0');
	b.opened = opened;
	if (!open_batch(&b, error))
		return FALSE;
	*ret_text = g_steal_pointer(&opened);
	return TRUE;
}
