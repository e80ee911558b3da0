#include "cli/call.h"

#include <stdarg.h>
#include <string.h>

#include "base/fail.h"
#include "cli/print.h"

#define ARGS_MAX 100000 /* arguments and options of one call */

typedef struct {
	call *c;
	char **next;       /* the rest of the command line */
	const char *first; /* a word of the command that needs a second one */
} parser;

static gboolean
set_common(call *c, const char *name)
{
	const struct {
		const char *name;
		gboolean *flag;
	} flags[] = {
		{"json", &c->json}, {"quiet", &c->quiet},     {"verbose", &c->verbose},
		{"help", &c->help}, {"version", &c->version},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		if (strcmp(flags[i].name, name) == 0) {
			*flags[i].flag = TRUE;
			return TRUE;
		}
	return FALSE;
}

/* What messages begin with: the command, if it is known yet; caller frees. */
static char *
name_of(const call *c)
{
	return c->command != NULL ? g_strconcat(c->command->name, ": ", NULL) : g_strdup("");
}

static gboolean wrong(const call *c, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Sets the error of a command line that can't be taken apart; always FALSE. */
static gboolean
wrong(const call *c, GError **error, const char *format, ...)
{
	g_autofree char *name = name_of(c);
	va_list ap;

	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	fail_set(error, FAIL_USAGE, "%s%s", name, text);
	return FALSE;
}

static gboolean
keep(call *c, const command_option *o, const char *value, GError **error)
{
	GPtrArray *values = g_hash_table_lookup(c->given, o->name);

	if (values != NULL && !o->many)
		return wrong(c, error, "--%s is given twice", o->name);
	if (values == NULL) {
		values = g_ptr_array_new();
		g_hash_table_insert(c->given, (gpointer)o->name, values);
	} else {
		g_ptr_array_remove_index(values, values->len - 1);
	}
	g_ptr_array_add(values, (gpointer)value);
	g_ptr_array_add(values, NULL);
	return TRUE;
}

static gboolean
unknown_option(const call *c, const char *name, GError **error)
{
	const char *guess = command_guess_option(c->command, name);

	return guess != NULL
		       ? wrong(c, error, "unknown option --%s; did you mean --%s?", name, guess)
		       : wrong(c, error, "unknown option --%s", name);
}

/* WORD is what follows the dashes. */
static gboolean
take_long(parser *p, char *word, GError **error)
{
	char *equals = strchr(word, '=');
	g_autofree char *name =
		equals != NULL ? g_strndup(word, (gsize)(equals - word)) : g_strdup(word);
	const command_option *o = command_option_find(p->c->command, name);

	if (o == NULL)
		return unknown_option(p->c, name, error);
	if (o->value == NULL && equals != NULL)
		return wrong(p->c, error, "--%s takes no value", name);
	if (o->value == NULL)
		return set_common(p->c, name) || keep(p->c, o, "", error);
	const char *value = equals != NULL ? equals + 1 : *p->next;
	if (value == NULL)
		return wrong(p->c, error, "--%s needs a value: %s", name, o->value);
	if (equals == NULL)
		p->next++;
	return keep(p->c, o, value, error);
}

/* Letters may stand together: -qh. */
static gboolean
take_letters(parser *p, const char *letters, GError **error)
{
	static const struct {
		char letter;
		const char *name;
	} known[] = {{'q', "quiet"}, {'v', "verbose"}, {'h', "help"}};

	for (const char *l = letters; *l != '\0'; l++) {
		gsize i = 0;

		while (i < G_N_ELEMENTS(known) && known[i].letter != *l)
			i++;
		if (i == G_N_ELEMENTS(known))
			return wrong(p->c, error, "unknown option -%s", letters);
		set_common(p->c, known[i].name);
	}
	return TRUE;
}

static gboolean
unknown_command(const char *words, GError **error)
{
	const char *guess = command_guess(words);

	if (guess != NULL)
		fail_set(error, FAIL_USAGE, "%s: unknown command; did you mean handsel %s?", words,
			 guess);
	else
		fail_set(error, FAIL_USAGE, "%s: unknown command; handsel help lists them", words);
	return FALSE;
}

/* A word of the command's name, as long as that is not complete. */
static gboolean
take_name(parser *p, const char *word, GError **error)
{
	if (p->first == NULL && command_is_group(word)) {
		p->first = p->c->group = word;
		return TRUE;
	}
	g_autofree char *words =
		p->first != NULL ? g_strconcat(p->first, " ", word, NULL) : g_strdup(word);
	p->c->command = p->first != NULL ? command_find(p->first, word) : command_find(word, NULL);
	if (p->c->command == NULL)
		return unknown_command(words, error);
	p->c->group = NULL;
	return TRUE;
}

static gboolean
take_word(parser *p, char *word, gboolean options, GError **error)
{
	if (options && g_str_has_prefix(word, "--"))
		return take_long(p, word + 2, error);
	if (options && word[0] == '-' && word[1] != '\0')
		return take_letters(p, word + 1, error);
	if (p->c->command == NULL)
		return take_name(p, word, error);
	if (p->c->args->len >= ARGS_MAX)
		return wrong(p->c, error, "more than %d arguments", ARGS_MAX);
	g_ptr_array_add(p->c->args, word);
	return TRUE;
}

/* What the help calls argument I of COMMAND: its I-th word of usage; caller frees. */
static char *
argument_name(const command *command, guint i)
{
	g_auto(GStrv) words = g_strsplit(command->usage, " ", -1);
	char *name = g_strdup(i < g_strv_length(words) ? words[i] : "an argument");

	if (g_str_has_suffix(name, "..."))
		name[strlen(name) - 3] = '\0';
	return name;
}

static gboolean
check_args(const call *c, GError **error)
{
	guint n = c->args->len;

	if (c->help || c->version || c->command == NULL)
		return TRUE;
	if (n < c->command->least) {
		g_autofree char *name = argument_name(c->command, n);
		return wrong(c, error, "%s is missing", name);
	}
	if (n > c->command->most)
		return wrong(c, error, "\"%s\" is one argument too many",
			     (const char *)c->args->pdata[c->command->most]);
	return TRUE;
}

gboolean
call_parse(call *c, int argc, char **argv, GError **error)
{
	parser p = {c, argv + MIN(argc, 1), NULL};
	gboolean options = TRUE;

	c->args = g_ptr_array_new();
	c->given = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					 (GDestroyNotify)g_ptr_array_unref);
	while (*p.next != NULL) {
		char *word = *p.next++;

		if (options && strcmp(word, "--") == 0)
			options = FALSE;
		else if (!take_word(&p, word, options, error))
			return FALSE;
	}
	if (!check_args(c, error))
		return FALSE;
	g_ptr_array_add(c->args, NULL);
	return TRUE;
}

void
call_clear(call *c)
{
	g_clear_pointer(&c->args, g_ptr_array_unref);
	g_clear_pointer(&c->given, g_hash_table_unref);
	g_clear_pointer(&c->site, site_close);
}

guint
call_len(const call *c)
{
	return c->args->len - 1;
}

const char *
call_arg(const call *c, guint i)
{
	return i < call_len(c) ? c->args->pdata[i] : NULL;
}

const char *const *
call_args(const call *c, guint i)
{
	return (const char *const *)c->args->pdata + MIN(i, call_len(c));
}

gboolean
call_has(const call *c, const char *option)
{
	return g_hash_table_contains(c->given, option);
}

const char *const *
call_values(const call *c, const char *option)
{
	const GPtrArray *values = g_hash_table_lookup(c->given, option);

	return values != NULL ? (const char *const *)values->pdata : NULL;
}

const char *
call_value(const call *c, const char *option)
{
	const char *const *values = call_values(c, option);

	return values != NULL ? values[0] : NULL;
}

const char *
call_need(const call *c, const char *option, GError **error)
{
	const char *value = call_value(c, option);

	if (value == NULL)
		fail_set(error, FAIL_USAGE, "%s: --%s is missing", c->command->name, option);
	return value;
}

char *
call_home(const call *c)
{
	return site_home(call_value(c, "home"));
}

site *
call_site(call *c, GError **error)
{
	g_autofree char *home = call_home(c);

	if (c->site == NULL)
		c->site = site_open(home, error);
	return c->site;
}

const char *
call_user(void)
{
	const char *user = g_getenv("USER");

	return user != NULL && *user != '\0' ? user : g_get_user_name();
}

void
call_say(const call *c, const char *format, ...)
{
	va_list ap;

	if (c->json || c->quiet)
		return;
	va_start(ap, format);
	print_vline(format, ap);
	va_end(ap);
}

void
call_tell(const call *c, const char *first, const char *format, ...)
{
	va_list ap;

	if (c->json || c->quiet)
		return;
	va_start(ap, format);
	print_vwrapped(first, format, ap);
	va_end(ap);
}

void
call_worsen(call *c, int status)
{
	if (c->status != STATUS_FAILED && status != STATUS_DONE)
		c->status = status;
}
