#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "adapter/desk.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "cli/print.h"

#define HOST_MAX 256

/* The first label of the machine's name, with what a site name can't have replaced; caller frees.
 */
static char *
default_name(void)
{
	char host[HOST_MAX + 1] = {0};

	if (gethostname(host, HOST_MAX) != 0)
		return g_strdup("");
	host[strcspn(host, ".")] = '\0';
	g_autofree char *lower = g_ascii_strdown(host, -1);
	for (char *p = lower; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_')
			*p = '-';
	return g_strndup(lower, SITE_NAME_MAX);
}

/* A site whose making ended before its desk was there is made complete. */
static gboolean
unfinished(const char *home)
{
	g_autofree char *path = g_build_filename(home, "desk.db", NULL);
	g_autoptr(site) s = site_open(home, NULL);
	g_autoptr(GPtrArray) links = s != NULL ? site_links(s, NULL) : NULL;

	return links != NULL && links->len == 0 && !fsio_exists(AT_FDCWD, path);
}

static gboolean
name_is_right(wizard *w G_GNUC_UNUSED, const char *name, GError **error)
{
	if (site_name_valid(name))
		return TRUE;
	fail_set(error, FAIL_USAGE, "\"%s\" is no name for a site; use a-z 0-9 . _ -", name);
	return FALSE;
}

static const wizard_question questions[] = {
	{.key = "name",
	 .flag = "--name NAME",
	 .kind = WIZARD_TEXT,
	 .prompt = "What shall partners call this site?",
	 .explain = "The name that partners see: letters a-z, digits and . _ - as in berlin. It "
		    "stays. The site will be made in {home}",
	 .fallback = "{host}",
	 .check = name_is_right},
	{0},
};

static char *
words(const wizard *w, const char *name)
{
	return strcmp(name, "home") == 0 ? call_home(wizard_data(w)) : default_name();
}

/* --name, else on a terminal what is typed, else the machine's name; caller frees. */
static char *
choose_name(call *c, const char *home, GError **error)
{
	g_autofree char *conf = g_build_filename(home, "handsel.conf", NULL);
	g_autoptr(wizard) w = wizard_new(questions, &ask_wizard, words, c);
	gboolean ask = !c->json && ask_possible() && !fsio_exists(AT_FDCWD, conf);
	g_autofree char *host = default_name();

	wizard_give(w, "name", call_value(c, "name"));
	if (ask && !wizard_run(w, error))
		return NULL;
	const char *name = wizard_answer(w, "name");
	if (name == NULL && !site_name_valid(host)) {
		fail_set(error, FAIL_USAGE,
			 "init: this machine has no name to call the site by; "
			 "handsel init --name NAME");
		return NULL;
	}
	return g_strdup(name != NULL ? name : host);
}

static gboolean
run_init(call *c, GError **error)
{
	g_autofree char *home = call_home(c);
	g_autofree char *name = choose_name(c, home, error);

	if (name == NULL)
		return FALSE;
	c->site = unfinished(home) ? site_open(home, error) : site_init(home, name, error);
	if (c->site == NULL)
		return FALSE;
	g_autoptr(desk) d = desk_open(site_dir(c->site), call_user(), TRUE, error);
	if (d == NULL)
		return FALSE;
	if (c->json) {
		g_autoptr(json_ref) one = json_object();
		json_put(one, "site", site_name(c->site));
		json_put(one, "home", site_dir(c->site));
		print_json(one);
	}
	call_say(c, "Made site %s in %s", site_name(c->site), site_dir(c->site));
	g_autofree char *handsel = site_handsel(c->site);
	call_say(c, "Next  %s link new         to invite a partner", handsel);
	call_say(c, "      %s link join FILE   with a partner's handshake file", handsel);
	return TRUE;
}

static const command_option options[] = {
	{"name", "NAME", "how partners see this site; the machine's name if not given", FALSE},
	{0},
};

const command commands_init[] = {
	{"init", "[--name NAME]", "make a site",
	 "Makes a site: its home directory with settings and an empty desk, the embedded tracker.\n"
	 "The home is --home, else $HANDSEL_HOME, else ~/.local/share/handsel if that is a site,\n"
	 "else /var/lib/handsel. What is there already is left alone. On a terminal it asks for "
	 "the\n"
	 "name that is not given.",
	 0, 0, options, run_init},
	{0},
};
