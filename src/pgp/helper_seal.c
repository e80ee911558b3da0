#include "base/fail.h"
#include "pgp/helper.h"
#include "pgp/helper_status.h"

static gboolean
check_fingerprints(char **fprs, GError **error)
{
	for (guint i = 0; fprs[i] != NULL; i++)
		if (!helper_is_fingerprint(fprs[i])) {
			fail_set(error, FAIL_CONFIG, "%s is no fingerprint of a key", fprs[i]);
			return FALSE;
		}
	return TRUE;
}

/* Signs by the first of FPRS, encrypts to the others. */
static char **
arguments(char **fprs)
{
	g_autoptr(GStrvBuilder) args = g_strv_builder_new();

	g_strv_builder_add_many(args, "--output", "-", "--local-user", fprs[0], NULL);
	for (guint i = 1; fprs[i] != NULL; i++)
		g_strv_builder_add_many(args, "--recipient", fprs[i], NULL);
	if (fprs[1] != NULL)
		g_strv_builder_add(args, "--encrypt");
	g_strv_builder_add(args, "--sign");
	return g_strv_builder_end(args);
}

gboolean
helper_seal(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	helper_sink sink = {.fd = m->fds[1], .left = G_MAXUINT64};
	g_auto(GStrv) args = NULL;
	g_auto(helper_said) said = {0};
	helper_status status;

	if (!check_fingerprints(m->fields, error))
		return FALSE;
	args = arguments(m->fields);
	const helper_run run = {.args = (const char *const *)args,
				.in = m->fds[0],
				.sink = &sink,
				.what = "cannot seal",
				.dir = -1};
	if (!helper_gpg(h, &run, &said, error))
		return FALSE;
	helper_status_read(said.text, said.len, &status);
	return helper_status_sealed(&status, said.clean, m->fields[1] != NULL, error);
}
