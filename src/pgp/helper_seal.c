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

/* The usual way: a gpg for this one. */
static gboolean
run_gpg(helper *h, const char *const *args, int in, helper_sink *sink, gboolean encrypt,
	GError **error)
{
	const helper_run run = {
		.args = args, .in = in, .sink = sink, .what = "cannot seal", .dir = -1};
	g_auto(helper_said) said = {0};
	helper_status status;

	if (!helper_gpg(h, &run, &said, error))
		return FALSE;
	helper_status_read(said.text, said.len, &status);
	return helper_status_sealed(&status, said.clean, encrypt, error);
}

gboolean
helper_seal(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	helper_sink sink = {.fd = m->fds[1], .left = G_MAXUINT64};
	gboolean encrypt = m->fields[1] != NULL;

	if (!check_fingerprints(m->fields, error))
		return FALSE;
	g_auto(GStrv) args = arguments(m->fields);
	g_autoptr(GByteArray) sealed =
		helper_ahead_seal(h, (const char *const *)args, m->fds[0], encrypt);
	gboolean ok;
	if (sealed != NULL)
		ok = helper_sink_write(&sink, sealed->data, sealed->len) ||
		     helper_sink_fine(&sink, "cannot seal", error);
	else
		ok = run_gpg(h, (const char *const *)args, m->fds[0], &sink, encrypt, error);
	if (ok)
		helper_ahead_note(h, g_steal_pointer(&args));
	return ok;
}
