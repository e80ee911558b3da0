#include "cli/link_answers.h"

#include <string.h>

#include "adapter/adapter.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/u64.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/link_mail.h"
#include "cli/print.h"
#include "cli/show.h"

#define BY_FIELD   "FIELD=VALUE"
#define EXPIRES    "pairing.expires"
#define DAY        (24 * 60 * 60)
#define NAMES_MOST 1000 /* names tried before one is given up */

const wizard_choice link_scope_choices[] = {
	{"assigned", "only those I assign"},
	{BY_FIELD, "those with " BY_FIELD},
	{"all", "all {items}"},
	{0},
};
const wizard_choice link_yes_no[] = {{"yes", NULL}, {"no", NULL}, {0}};

void
link_answers_clear(link_answers *a)
{
	wizard_free(a->wizard);
	contract_free(a->contract);
	ask_forget(a->passphrase);
	g_clear_pointer(&a->settings, g_ptr_array_unref);
	offer_free(a->offer);
	g_free(a->path);
	g_free(a->earlier);
	g_free(a->days);
	*a = (link_answers){0};
}

gboolean
link_answers_wanted(const call *c)
{
	return !call_has(c, "yes") && !c->json && ask_possible();
}

/* ---- items ---- */

static adapter *
open_tracker(const link_answers *a, const adapter_ops **ret_ops, GError **error)
{
	const char *name = call_value(a->call, "adapter");
	const adapter_ops *ops = adapter_find(name != NULL ? name : "desk");

	if (ops == NULL) {
		fail_set(error, FAIL_USAGE, "there is no adapter \"%s\"", name);
		return NULL;
	}
	*ret_ops = ops;
	return ops->open(site_dir(a->site), call_user(), error);
}

/* How many items there are, and how many match FIELD=VALUE (NULL: all). */
static gboolean
count_items(const link_answers *a, const char *match, guint64 *ret_all, guint64 *ret_match,
	    GError **error)
{
	const adapter_ops *ops;
	adapter *tracker = open_tracker(a, &ops, error);
	g_auto(GStrv) pair = match != NULL ? g_strsplit(match, "=", 2) : NULL;

	if (tracker == NULL)
		return FALSE;
	gboolean ok = ops->count(tracker, NULL, NULL, ret_all, error);
	if (ok && match != NULL)
		ok = ops->count(tracker, pair[0], pair[1], ret_match, error);
	else if (ok)
		*ret_match = *ret_all;
	ops->close(tracker);
	return ok;
}

/* Will the tracker get the field of MATCH by the contract? */
static gboolean
contract_brings(const contract *c, const char *match)
{
	g_auto(GStrv) pair = g_strsplit(match, "=", 2);
	g_autoptr(json_ref) doc = c != NULL ? contract_to_json(c) : NULL;
	const char *kind;
	json_t *unused;

	json_object_foreach (json_object_get(doc, "kinds"), kind, unused)
		if (contract_field_of(c, kind, pair[0]) != NULL)
			return TRUE;
	return FALSE;
}

/* The same; a field that comes with the link has no values yet. */
static gboolean
count_scope(const link_answers *a, const char *scope, guint64 *ret_all, guint64 *ret_match,
	    GError **error)
{
	const char *match = strchr(scope, '=') != NULL ? scope : NULL;
	g_autoptr(GError) inner = NULL;

	if (count_items(a, match, ret_all, ret_match, &inner))
		return TRUE;
	if (match != NULL && fail_is(inner, REASON_NO_FIELD) &&
	    contract_brings(a->contract, match)) {
		*ret_match = 0;
		return count_items(a, NULL, ret_all, &(guint64){0}, error);
	}
	g_propagate_error(error, g_steal_pointer(&inner));
	return FALSE;
}

static char *
count_text(guint64 match, guint64 all)
{
	g_autofree char *m = show_count(match), *n = show_count(all);

	return g_strdup_printf("%s of %s item%s", m, n, all == 1 ? "" : "s");
}

gboolean
link_scope_by_field(const wizard *w)
{
	return g_strcmp0(wizard_answer(w, "scope"), BY_FIELD) == 0;
}

gboolean
link_scope_is_right(wizard *w, const char *scope, GError **error)
{
	guint64 all, match;

	if (strchr(scope, '=') == NULL || strcmp(scope, BY_FIELD) == 0)
		return TRUE;
	if (!count_scope(wizard_data(w), scope, &all, &match, error))
		return FALSE;
	g_autofree char *counted = count_text(match, all);
	wizard_say(w, "  ", "%s match now%s; nothing is sent before both sides agree.", counted,
		   match == 0 && all > 0 ? ": is it written as the items have it?" : "");
	return TRUE;
}

const char *
link_answers_scope(const link_answers *a)
{
	return link_scope_by_field(a->wizard) ? wizard_answer(a->wizard, "match")
					      : wizard_answer(a->wizard, "scope");
}

char *
link_answers_scope_text(const link_answers *a)
{
	const char *scope = link_answers_scope(a);
	guint64 all, match;

	if (strcmp(scope, "assigned") == 0)
		return g_strdup("only items that you assign");
	if (!count_scope(a, scope, &all, &match, NULL))
		return g_strdup(scope);
	g_autofree char *n = show_count(all), *counted = count_text(match, all);
	return strcmp(scope, "all") == 0 ? g_strdup_printf("all items, %s now", n)
					 : g_strdup_printf("%s: %s now", scope, counted);
}

/* ---- names and files ---- */

gboolean
link_name_is_free(wizard *w, const char *name, GError **error)
{
	const link_answers *a = wizard_data(w);

	if (!site_name_valid(name))
		fail_set(error, FAIL_USAGE, "\"%s\" is no name for a link; use a-z 0-9 . _ -",
			 name);
	else if (site_has_link(a->site, name) && g_strcmp0(name, a->earlier) != 0)
		fail_set(error, FAIL_CONFIG, "there is a link %s already; choose another name",
			 name);
	else
		return TRUE;
	return FALSE;
}

/* The name of the partner's site, or that with a number that is free. */
static char *
free_name(const wizard *w)
{
	const link_answers *a = wizard_data(w);

	if (a->offer == NULL)
		return NULL;
	char *name = g_strdup(a->earlier != NULL ? a->earlier : a->offer->site);
	for (guint i = 2;
	     i < NAMES_MOST && site_has_link(a->site, name) && g_strcmp0(name, a->earlier) != 0;
	     i++) {
		g_free(name);
		name = g_strdup_printf("%s-%u", a->offer->site, i);
	}
	return name;
}

/* NAME.handshake, or that with a number if it is there. */
static char *
free_file(const wizard *w)
{
	const char *name = wizard_answer(w, "name");
	char *file = g_strconcat(name, ".handshake", NULL);

	for (guint i = 2; i < NAMES_MOST && fsio_exists(AT_FDCWD, file); i++) {
		g_free(file);
		file = g_strdup_printf("%s-%u.handshake", name, i);
	}
	return file;
}

gboolean
link_out_is_free(wizard *w G_GNUC_UNUSED, const char *path, GError **error)
{
	g_autofree char *whole = call_path(path);
	g_autofree char *dir = g_path_get_dirname(whole);

	if (fsio_exists(AT_FDCWD, whole))
		fail_set(error, FAIL_CONFIG, "%s exists already; choose another", path);
	else if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
		fail_set(error, FAIL_CONFIG, "there is no directory %s", dir);
	else
		return TRUE;
	return FALSE;
}

char *
link_answers_out(const link_answers *a)
{
	const char *out = wizard_answer(a->wizard, "out");

	return out != NULL ? call_path(out) : call_out(a->call, wizard_answer(a->wizard, "name"));
}

static char *
items_word(const wizard *w)
{
	guint64 all, match;

	return count_items(wizard_data(w), NULL, &all, &match, NULL) ? show_count(all)
								     : g_strdup("of them");
}

static char *
site_word(const wizard *w)
{
	return g_strdup(site_name(((link_answers *)wizard_data(w))->site));
}

static char *
partner_word(const wizard *w)
{
	const link_answers *a = wizard_data(w);

	return a->offer != NULL ? g_strdup(a->offer->site) : NULL;
}

static char *
days_word(const wizard *w)
{
	return g_strdup(((link_answers *)wizard_data(w))->days);
}

static char *
handsel_word(const wizard *w)
{
	return site_handsel(((link_answers *)wizard_data(w))->site);
}

static char *
words(const wizard *w, const char *name)
{
	static const struct {
		const char *name;
		char *(*text)(const wizard *);
	} known[] = {
		{"items", items_word},     {"site", site_word},      {"partner", partner_word},
		{"free name", free_name},  {"free file", free_file}, {"days", days_word},
		{"handsel", handsel_word},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].text(w);
	return link_mail_word(w, name);
}

/* ---- expiry ---- */

/* DAYS, or a time with its unit, as the setting is written; caller frees. */
static char *
expiry_setting(const char *days)
{
	guint64 n;

	return u64_parse(days, G_MAXUINT32, &n) ? g_strconcat(days, " d", NULL) : g_strdup(days);
}

gboolean
link_expiry_is_right(wizard *w G_GNUC_UNUSED, const char *days, GError **error)
{
	g_autofree char *value = expiry_setting(days);

	if (setting_check(setting_find(EXPIRES, SET_LINK), value, NULL))
		return TRUE;
	fail_set(error, FAIL_USAGE,
		 "\"%s\" is not a number of days up to 3650, nor a time as 12 h or 2 d", days);
	return FALSE;
}

char *
link_answers_until(const link_answers *a)
{
	g_autofree char *value = expiry_setting(wizard_answer(a->wizard, "expires"));
	gint64 seconds = 0;

	setting_number(setting_find(EXPIRES, SET_LINK), value, &seconds);
	return show_date(clock_now() + seconds);
}

char *
link_days_text(gint64 seconds)
{
	g_autofree char *text = u64_age_text(seconds);
	guint64 back;

	if (seconds % DAY == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT, seconds / DAY);
	/* Ages are rounded. */
	if (u64_parse_time(text, G_MAXINT64, &back) && back == (guint64)seconds)
		return g_steal_pointer(&text);
	return g_strdup_printf("%" G_GINT64_FORMAT " s", seconds);
}

/* A setting of the command line answers the question, too; of several, the last. */
static char *
given_expiry(const call *c)
{
	const char *const *set = call_values(c, "set");
	const char *value = NULL;
	guint64 seconds;

	for (guint i = 0; set != NULL && set[i] != NULL; i++)
		if (g_str_has_prefix(set[i], EXPIRES "="))
			value = set[i] + strlen(EXPIRES "=");
	if (value != NULL && u64_parse(value, G_MAXUINT32, &seconds))
		return g_strconcat(value, " s", NULL);
	return g_strdup(value);
}

/* ---- from start to finish ---- */

gboolean
link_secret_wanted(const wizard *w)
{
	return g_strcmp0(wizard_answer(w, "passphrase"), "yes") == 0;
}

/* A scope is two answers: of which sort it is, and FIELD=VALUE. */
static void
give_scope(wizard *w, const char *scope)
{
	gboolean match = scope != NULL && strchr(scope, '=') != NULL;

	wizard_give(w, "scope", match ? BY_FIELD : scope);
	wizard_give(w, "match", match ? scope : NULL);
}

void
link_answers_start(link_answers *a, call *c, const wizard_question *questions)
{
	/* Options whose values are answers; a table without such a question leaves it. */
	static const char *const options[] = {"channel", "description", "protect", "user",
					      "out",     "expires",     NULL};
	g_autofree char *expiry = given_expiry(c);
	gint64 usual = 0;

	setting_number(setting_find(EXPIRES, SET_LINK), setting_find(EXPIRES, SET_LINK)->fallback,
		       &usual);
	a->call = c;
	a->days = link_days_text(usual);
	a->wizard = wizard_new(questions, &ask_wizard, words, a);
	wizard_give(a->wizard, "expires", expiry);
	for (guint i = 0; options[i] != NULL; i++)
		wizard_give(a->wizard, options[i], call_value(c, options[i]));
	give_scope(a->wizard, call_value(c, "scope"));
	if (call_has(c, "passphrase") || call_has(c, "passphrase-file"))
		wizard_give(a->wizard, "passphrase", call_has(c, "passphrase") ? "yes" : "no");
	link_mail_start(a);
}

/* Settings of the command line and what answers made settings. */
static gboolean
take_settings(link_answers *a, GError **error)
{
	const char *const *set = call_values(a->call, "set");
	const char *days = wizard_answer(a->wizard, "expires");

	a->settings = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; set != NULL && set[i] != NULL; i++)
		g_ptr_array_add(a->settings, g_strdup(set[i]));
	link_mail_settings(a, a->settings);
	if (days != NULL && !link_expiry_is_right(a->wizard, days, error))
		return FALSE;
	/* What is the default anyway needs no line in the file. */
	if (days != NULL && (strcmp(days, a->days) != 0 || call_has(a->call, "expires"))) {
		g_autofree char *value = expiry_setting(days);
		g_ptr_array_add(a->settings, g_strconcat(EXPIRES, "=", value, NULL));
	}
	g_ptr_array_add(a->settings, NULL);
	return TRUE;
}

/* What no question is about is refused now rather than behind them all. */
static gboolean
check_rest(const call *c, GError **error)
{
	g_autoptr(conf) scratch = conf_new("link.conf", SET_LINK);
	const char *const *set = call_values(c, "set");
	const char *tracker = call_value(c, "adapter");

	if (tracker != NULL && !conf_set(scratch, "adapter", tracker, error))
		return FALSE;

	for (guint i = 0; set != NULL && set[i] != NULL; i++)
		if (!conf_set_pair(scratch, set[i], error))
			return FALSE;
	return TRUE;
}

gboolean
link_answers_finish(link_answers *a, gboolean ask, gboolean twice, GError **error)
{
	call *c = a->call;
	/* What the wizard asks for itself is not asked for before. */
	gboolean later = ask && call_has(c, "passphrase") && !call_has(c, "passphrase-file");

	if (!later && !call_passphrase(c, twice, &a->passphrase, error))
		return FALSE;
	if (ask && (!check_rest(c, error) || !wizard_run(a->wizard, error)))
		return FALSE;
	if (a->passphrase == NULL)
		a->passphrase = g_strdup(wizard_answer(a->wizard, "secret"));
	return take_settings(a, error);
}
