#include "cli/cmd_link.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/guard.h"
#include "cli/ask.h"
#include "cli/print.h"

#define PASSPHRASE_FILE_MAX 4096

gateway *
call_gateway(call *c, gate_mode mode, GError **error)
{
	site *s = call_site(c, error);

	return s != NULL ? gateway_open(s, call_arg(c, 0), mode, call_values(c, "set"), error)
			 : NULL;
}

gboolean
call_check_link(const site *s, const char *name, GError **error)
{
	if (site_has_link(s, name))
		return TRUE;
	fail_set(error, FAIL_CONFIG, "there is no link %s; handsel link list shows them", name);
	return FALSE;
}

GPtrArray *
call_links(call *c, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const site *s = call_site(c, error);

	if (s == NULL)
		return NULL;
	if (call_len(c) == 0)
		return site_links(s, error);
	for (guint i = 0; i < call_len(c); i++) {
		if (!call_check_link(s, call_arg(c, i), error))
			return NULL;
		g_ptr_array_add(names, g_strdup(call_arg(c, i)));
	}
	return g_steal_pointer(&names);
}

/* What is in the file at PATH, if that is nobody else's; a shell's <(...) is a pipe. */
static char *
read_secret(const char *path, gsize *ret_len, GError **error)
{
	int fd = fsio_open_own(AT_FDCWD, path, error);

	if (fd < 0)
		return NULL;
	char *text = guard_fd(fd, path, GUARD_OWN, error)
			     ? fsio_read_open(fd, PASSPHRASE_FILE_MAX, ret_len, error)
			     : NULL;
	close(fd);
	return text;
}

/* The first line of the file at PATH; the caller wipes and frees it. */
static char *
read_passphrase(const char *path, GError **error)
{
	gsize len;
	char *text = read_secret(path, &len, error);

	if (text == NULL)
		return NULL;
	gsize line = strcspn(text, "\r\n");
	explicit_bzero(text + line, len - line);
	if (line > 0)
		return text;
	g_free(text);
	fail_set(error, FAIL_USAGE, "%s: its first line is empty; write the passphrase there",
		 path);
	return NULL;
}

gboolean
call_passphrase(const call *c, gboolean twice, char **ret, GError **error)
{
	const char *file = call_value(c, "passphrase-file");
	gboolean ask = call_has(c, "passphrase");

	if (file != NULL && ask) {
		fail_set(error, FAIL_USAGE,
			 "%s: --passphrase and --passphrase-file exclude each "
			 "other; give one of them",
			 c->command->name);
		return FALSE;
	}
	if (file == NULL && !ask) {
		*ret = NULL;
		return TRUE;
	}
	char *secret =
		ask ? ask_secret("Passphrase: ", twice, error) : read_passphrase(file, error);
	if (secret == NULL)
		return FALSE;
	*ret = secret;
	return TRUE;
}

char *
call_path(const char *path)
{
	return g_canonicalize_filename(path, NULL);
}

void
call_say_carriers(const call *c, guint number, const char *link, gboolean by_mail)
{
	g_autofree char *handsel = site_handsel(c->site);

	if (by_mail) {
		call_say(c, "     %u. %s link test %s", number, handsel, link);
		call_say(c, "          (logs in to both mail servers, and mails to yourself)");
		return;
	}
	call_say(c, "     %u. Let your SEND arrive in their RECEIVE and theirs in yours:", number);
	call_say(c, "          %s link connect %s --help      by a shared folder", handsel, link);
	call_say(c, "          %s media out %s DIR            by a stick", handsel, link);
}

char *
call_out(const call *c, const char *name)
{
	const char *out = call_value(c, "out");
	g_autofree char *fallback = g_strconcat(name, ".handshake", NULL);

	return call_path(out != NULL ? out : fallback);
}

gboolean
call_sure(const call *c, const char *question, GError **error)
{
	if (call_has(c, "yes") || (ask_possible() && ask_yes(question, FALSE)))
		return TRUE;
	fail_set(error, FAIL_USAGE, "%s: nothing was done; say --yes if you mean it",
		 c->command->name);
	return FALSE;
}
