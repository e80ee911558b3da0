/* pgp_kit - what the tests of pgp share */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "pgp/pgp.h"

#define TEXT     "the pump leaks again\n"
#define NO_LIMIT G_MAXUINT64

/* A file that lies nowhere, holding LEN bytes of DATA, at its beginning. */
static inline int
file_of(const char *data, gsize len)
{
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("pgp-t-XXXXXX", &name, NULL);

	g_assert_cmpint(fd, >=, 0);
	unlink(name);
	g_assert_true(fsio_write_all(fd, data, len, NULL));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static inline GBytes *
all_of(int fd)
{
	struct stat st;

	g_assert_cmpint(fstat(fd, &st), ==, 0);
	char *data = g_malloc((gsize)st.st_size + 1);
	g_assert_cmpint(pread(fd, data, (gsize)st.st_size, 0), ==, st.st_size);
	data[st.st_size] = '\0';
	return g_bytes_new_take(data, (gsize)st.st_size);
}

/* The reason why P does not unseal MESSAGE as signed by SIGNER; 0: it does, and yields TEXT. */
static inline int
unseal(pgp *p, GBytes *message, pgp_protect protect, const char *signer, guint64 limit,
       char **ret_signer)
{
	g_autoptr(GError) error = NULL;
	const char *signers[] = {"0000000000000000000000000000000000000000", signer, NULL};
	gsize len;
	const char *data = g_bytes_get_data(message, &len);
	int in = file_of(data, len);
	int out = file_of("", 0);
	gboolean ok = pgp_unseal(p, in, out, protect, signers, limit, ret_signer, &error);
	g_autoptr(GBytes) text = all_of(out);

	close(in);
	close(out);
	g_assert_true(ok == (error == NULL));
	if (ok)
		g_assert_cmpmem(g_bytes_get_data(text, NULL), g_bytes_get_size(text), TEXT,
				strlen(TEXT));
	return ok ? 0 : error->code;
}
