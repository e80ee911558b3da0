#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/cmd_status.h"
#include "cli/places.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/make.h"
#include "gateway/rekey.h"
#include "gateway/report.h"

#define WORDS_A_ROW 5

static gboolean
run_list(call *c, GError **error)
{
	static const print_column columns[] = {{"LINK", FALSE, 0},     {"STATE", FALSE, 0},
					       {"ROLE", FALSE, 0},     {"CHANNEL", FALSE, 0},
					       {"PROTECT", FALSE, 0},  {"PARTNER", FALSE, 0},
					       {"VERIFIED", FALSE, 0}, {0}};
	g_autoptr(GPtrArray) names = call_links(c, error);

	if (names == NULL)
		return FALSE;
	g_autoptr(print_table) t = c->json ? NULL : print_table_new(columns);
	for (guint i = 0; i < names->len; i++) {
		g_autoptr(json_ref) one = status_of(c->site, names->pdata[i]);

		if (t == NULL)
			print_json(one);
		else
			print_table_row(t, json_str(one, "link"), json_str(one, "state"),
					json_str(one, "role"), json_str(one, "channel"),
					json_str(one, "protect"), json_str(one, "partner_site"),
					json_flag(one, "verified") ? "yes" : "no");
	}
	return TRUE;
}

static json_t *
settings_to_json(gateway *g, gboolean all)
{
	g_autoptr(GPtrArray) pairs = conf_pairs(gateway_conf(g), all);
	json_t *ret = json_object();

	for (guint i = 0; i + 1 < pairs->len; i += 2)
		json_put(ret, pairs->pdata[i], pairs->pdata[i + 1]);
	return ret;
}

static void
put_keys(json_t *ret, gateway *g)
{
	g_autofree char *ours = pgp_fpr_words(gateway_me(g), WORDS_ALL);
	g_autofree char *compare = link_words(g);

	show_put(ret, "fingerprint", gateway_me(g));
	show_put(ret, "words", ours);
	show_put(ret, "partner_fingerprint", gateway_partner(g));
	show_put(ret, "compare", compare);
	rekey_put(g, ret);
	json_object_set_new(ret, "verified", json_boolean(link_verified(g)));
}

/* Everything about the link that is no secret, a new reference. */
static json_t *
link_to_json(const call *c, gateway *g, GError **error)
{
	g_autoptr(json_ref) ret = report_status(g, error);

	if (ret == NULL)
		return NULL;
	put_keys(ret, g);
	show_put(ret, "directory", gateway_dir(g));
	places_put(ret, g);
	json_object_set_new(ret, "settings", settings_to_json(g, c->json || c->verbose));
	return g_steal_pointer(&ret);
}

static void
print_words(const char *title, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	guint len = g_strv_length(words);

	for (guint i = 0; i < len; i += WORDS_A_ROW) {
		g_autoptr(GString) row = g_string_new(NULL);

		for (guint k = i; k < MIN(i + WORDS_A_ROW, len); k++)
			g_string_append_printf(row, "%s%s", k > i ? " " : "", words[k]);
		print_line("%-10s %s", i == 0 ? title : "", row->str);
	}
}

static void
print_since(const char *stamp)
{
	if (stamp != NULL)
		print_line("           since %s", stamp);
}

static void
print_keys(const call *c, const json_t *link)
{
	g_autofree char *handsel = site_handsel(c->site);
	const char *theirs = json_str(link, "partner_fingerprint");
	const char *compare = json_str(link, "compare");
	g_autofree char *ours = pgp_fpr_text(json_str(link, "fingerprint"));
	g_autofree char *partner = theirs != NULL ? pgp_fpr_text(theirs) : NULL;

	print_line("our key    %s", ours);
	print_words("", json_str(link, "words"));
	print_since(json_str(link, "key_since"));
	if (json_str(link, "next_fingerprint") != NULL)
		print_line("next key   %s, not taken over yet", json_str(link, "next_fingerprint"));
	print_line("their key  %s", partner != NULL ? partner : "not known yet");
	print_since(json_str(link, "partner_key_since"));
	if (compare == NULL)
		return;
	print_words("compare", compare);
	if (json_flag(link, "verified"))
		print_line("           verified: both sides read the same words");
	else
		print_line("           UNVERIFIED: ask your partner for their six words, then  "
			   "%s link verify %s WORDS",
			   handsel, json_str(link, "link"));
}

static void
print_settings(const json_t *link)
{
	const json_t *settings = json_object_get(link, "settings");

	print_line("settings");
	for (const setting *s = setting_all(); s->key != NULL; s++)
		if (json_str(settings, s->key) != NULL)
			print_line("  %-24s %s", s->key, json_str(settings, s->key));
}

static void
print_link(const call *c, const json_t *link)
{
	print_line("%-10s %s, %s, %s, %s", json_str(link, "link"), json_str(link, "state"),
		   json_str(link, "role"), json_str(link, "channel"),
		   g_strcmp0(json_str(link, "protect"), "encrypt") == 0 ? "encrypted"
									: "signed only");
	print_line("partner    %s", json_str(link, "partner_site") != NULL
					    ? json_str(link, "partner_site")
					    : "not known yet");
	print_keys(c, link);
	places_say(c, link, 0, 10);
	print_line("directory  %s", json_str(link, "directory"));
	print_settings(link);
}

static gboolean
run_show(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	g_autoptr(json_ref) link = g != NULL ? link_to_json(c, g, error) : NULL;

	if (link == NULL)
		return FALSE;
	if (c->json)
		print_json(link);
	else
		print_link(c, link);
	return TRUE;
}

static gboolean
run_verify(call *c, GError **error)
{
	g_autofree char *words = g_strjoinv(" ", (char **)call_args(c, 1));
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);

	if (g == NULL || !link_verify(g, words, error))
		return FALSE;
	call_say(c, "%s: verified, nobody is in between", gateway_name(g));
	return TRUE;
}

static gboolean
run_accept(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);
	g_autofree char *joined = NULL, *fpr = NULL;

	if (g == NULL)
		return FALSE;
	link_asked(g, &joined, &fpr);
	if (!link_accept(g, error))
		return FALSE;
	g_autofree char *site_name = print_safe(joined);
	g_autofree char *key = pgp_fpr_text(fpr);
	call_say(c, "%s: site %s is accepted; the next handsel sync pairs with it", gateway_name(g),
		 site_name);
	call_say(c, "key  %s", key);
	return TRUE;
}

const command commands_link_list[] = {
	{"link list", "", "list the links", "Lists the links of this site, one a line.", 0, 0, NULL,
	 run_list},
	{"link show", "NAME", "show a link",
	 "Shows both keys, the words to compare, the directories and the settings that were "
	 "given;\n"
	 "with -v the defaults, too.",
	 1, 1, NULL, run_show},
	{"link verify", "NAME WORDS...", "compare words with the partner",
	 "Both sides see the same six words once they are paired (handsel link show). Let the\n"
	 "partner read theirs to you by phone and type them here: if they are the same, nobody is "
	 "in\n"
	 "between.",
	 2, ANY_NUMBER, NULL, run_verify},
	{"link accept", "NAME", "say yes to who has joined",
	 "With pairing.confirm = yes the master pairs with nobody before this. handsel status "
	 "tells that\n"
	 "somebody waits; let them read the words of their key to you first.",
	 1, 1, NULL, run_accept},
	{0},
};
