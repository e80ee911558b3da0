#include "cli/wizard_private.h"

#include <string.h>

#include "base/fail.h"
#include "cli/wrap.h"
#include "conf/setting.h"

/* ---- is it right? ---- */

/* Is choice C there in this version? */
static gboolean
is_there(const wizard_question *q, const wizard_choice *c)
{
	const setting *s = q->setting != NULL ? setting_find(q->setting, SET_LINK) : NULL;

	return s == NULL || s->type != SET_ENUM || setting_check(s, c->value, NULL);
}

/* Number N, from 1, of the choices that are there; NULL behind the last. */
static const wizard_choice *
choice_at(const wizard_question *q, guint64 n)
{
	for (const wizard_choice *c = q->choices; c->value != NULL; c++)
		if (is_there(q, c) && --n == 0)
			return c;
	return NULL;
}

static guint
count_choices(const wizard_question *q)
{
	guint n = 0;

	while (choice_at(q, n + 1) != NULL)
		n++;
	return n;
}

/* The number of the choice whose value is VALUE, 0: none. */
static guint
number_of(const wizard_question *q, const char *value)
{
	for (guint n = 1; choice_at(q, n) != NULL; n++)
		if (strcmp(choice_at(q, n)->value, value) == 0)
			return n;
	return 0;
}

static gboolean
check_line(const char *answer, GError **error)
{
	if (!g_utf8_validate(answer, -1, NULL)) {
		fail_set(error, FAIL_USAGE, "that is not UTF-8 text");
		return FALSE;
	}
	for (const char *p = answer; *p != '\0'; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p))) {
			fail_set(error, FAIL_USAGE,
				 "there are keys in it that make no letters; type it again");
			return FALSE;
		}
	return TRUE;
}

static gboolean
is_secret(const wizard_question *q)
{
	return q->kind == WIZARD_SECRET || q->kind == WIZARD_TWICE;
}

static gboolean
check_answer(wizard *w, const wizard_question *q, const char *answer, GError **error)
{
	if (!is_secret(q) && !check_line(answer, error))
		return FALSE;
	if (*answer == '\0' && q->fallback != NULL && *q->fallback == '\0')
		return TRUE;
	if (q->setting != NULL && !setting_check(setting_find(q->setting, SET_LINK), answer, error))
		return FALSE;
	return q->check == NULL || q->check(w, answer, error);
}

static void
refuse_choice(const wizard_question *q, const char *value, GError **error)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (guint n = 1; choice_at(q, n) != NULL; n++)
		g_string_append_printf(all, "%s%s", n == 1 ? "" : ", ", choice_at(q, n)->value);
	fail_set(error, FAIL_USAGE, "--%s: cannot be \"%s\"; it is one of %s", q->key, value,
		 all->str);
}

/* What the command line gave, before anything is asked. */
gboolean
wizard_check_given(wizard *w, GError **error)
{
	for (const wizard_question *q = w->questions; q->key != NULL; q++) {
		const char *value = g_hash_table_lookup(w->given, q->key);

		if (value == NULL)
			continue;
		if (q->kind == WIZARD_CHOICE && q->setting == NULL && number_of(q, value) == 0) {
			refuse_choice(q, value, error);
			return FALSE;
		}
		if (!check_answer(w, q, value, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- asking ---- */

gboolean
wizard_is_open(const wizard *w, const wizard_question *q)
{
	return !g_hash_table_contains(w->given, q->key) && (q->applies == NULL || q->applies(w)) &&
	       (q->kind != WIZARD_CHOICE || count_choices(q) > 1);
}

static void
show_question(wizard *w, const wizard_question *q)
{
	if (q->kind != WIZARD_CHOICE)
		return;
	g_autofree char *prompt = wizard_expand(w, q->prompt);
	wizard_say_text(w, "", prompt);
	for (guint n = 1; choice_at(q, n) != NULL; n++) {
		g_autofree char *first = g_strdup_printf("  %u) ", n);
		g_autofree char *text = wizard_expand(w, choice_at(q, n)->text);
		wizard_say_text(w, first, text);
	}
}

/* What stands in brackets: the answer that Enter keeps; NULL: there is none. Caller frees. */
static char *
shown_default(const wizard *w, const wizard_question *q)
{
	/* No copy of a secret is made to tell that there is one. */
	if (is_secret(q))
		return g_hash_table_contains(w->typed, q->key) ? g_strdup("as before") : NULL;
	g_autofree char *value = wizard_known(w, q);
	if (q->kind == WIZARD_YES)
		return g_strdup(value == NULL                             ? "y/n"
				: strcmp(value, q->choices[0].value) == 0 ? "Y/n"
									  : "y/N");
	if (value == NULL || *value == '\0')
		return NULL;
	return q->kind == WIZARD_CHOICE ? g_strdup_printf("%u", number_of(q, value))
					: g_steal_pointer(&value);
}

/* The line in which the cursor waits, lines that do not fit before it being said; caller frees. */
static char *
prompt_of(wizard *w, const wizard_question *q)
{
	g_autofree char *what =
		q->kind == WIZARD_CHOICE ? g_strdup("Choose") : wizard_expand(w, q->prompt);
	g_autofree char *value = shown_default(w, q);
	/* The last sign keeps the place of the blank, so that that fits, too. */
	g_autofree char *whole = g_strconcat(what, value != NULL ? " [" : "",
					     value != NULL ? value : "", value != NULL ? "]" : "",
					     g_str_has_suffix(what, "?") ? "_" : ":_", NULL);
	g_autofree char *wrapped = wrap_text("", whole);
	char *last = strrchr(wrapped, '\n');

	wrapped[strlen(wrapped) - 1] = ' ';
	if (last == NULL)
		return g_steal_pointer(&wrapped);
	*last = '\0';
	wizard_say_text(w, "", wrapped);
	return g_strdup(last + 1);
}

static void
explain(wizard *w, const wizard_question *q)
{
	g_autofree char *text = wizard_expand(w, q->explain);

	wizard_say_text(w, "  ", text);
	if (q->flag != NULL)
		wizard_say(w, "  ", "(On the command line: %s)", q->flag);
}

/* The value that LINE, which is not empty, means for Q; caller frees. */
static char *
understand(const wizard_question *q, const char *line, GError **error)
{
	guint64 n;

	if (q->kind == WIZARD_CHOICE) {
		const wizard_choice *c =
			g_ascii_string_to_unsigned(line, 10, 1, count_choices(q), &n, NULL)
				? choice_at(q, n)
				: choice_at(q, number_of(q, line));
		if (c != NULL)
			return g_strdup(c->value);
		fail_set(error, FAIL_USAGE, "type a number from 1 to %u", count_choices(q));
		return NULL;
	}
	if (q->kind != WIZARD_YES)
		return g_strdup(line);
	for (guint i = 0; i < 2; i++) {
		const char *word = i == 0 ? "yes" : "no";

		if (g_ascii_strncasecmp(line, word, strlen(line)) == 0)
			return g_strdup(q->choices[i].value);
	}
	fail_set(error, FAIL_USAGE, "type y for yes or n for no");
	return NULL;
}

/* Does the person type ANSWER again? */
static outcome
ask_twice(wizard *w, const char *answer)
{
	char *second = w->io->ask("Once more: ", TRUE, w->io->data);

	if (second == NULL)
		return LEFT;
	gboolean same = strcmp(answer, second) == 0;
	wizard_wipe(second);
	if (same)
		return ANSWERED;
	wizard_say(w, "  ", "the two entries differ; enter the same twice");
	return AGAIN;
}

/* What Q gets by LINE; caller wipes and frees; NULL: nothing, and why. */
static char *
read_answer(wizard *w, const wizard_question *q, const char *line, GError **error)
{
	char *answer = *line == '\0' ? wizard_known(w, q) : understand(q, line, error);

	if (answer == NULL && *line == '\0')
		fail_set(error, FAIL_USAGE, "an answer is needed; ? explains");
	if (answer == NULL || check_answer(w, q, answer, error))
		return answer;
	wizard_wipe(answer);
	return NULL;
}

static outcome
take(wizard *w, const wizard_question *q, const char *line)
{
	g_autoptr(GError) why = NULL;
	char *answer = read_answer(w, q, line, &why);

	if (answer == NULL) {
		wizard_say(w, "  ", "%s", why->message);
		return AGAIN;
	}
	outcome ret = q->kind == WIZARD_TWICE && *line != '\0' ? ask_twice(w, answer) : ANSWERED;
	/* A default that was kept is made anew when it is needed: the answers that it is made of
	 * may still change. */
	if (ret == ANSWERED && *line != '\0')
		g_hash_table_insert(w->typed, (gpointer)q->key, answer);
	else
		wizard_wipe(answer);
	return ret;
}

static outcome
ask_line(wizard *w, const wizard_question *q)
{
	g_autofree char *prompt = prompt_of(w, q);
	char *line = w->io->ask(prompt, is_secret(q), w->io->data);
	outcome ret = AGAIN;

	if (line == NULL)
		return LEFT;
	if (!is_secret(q))
		g_strstrip(line);
	if (strcmp(line, "<") == 0) {
		ret = BACK;
	} else if (strcmp(line, "?") == 0) {
		explain(w, q);
		show_question(w, q);
	} else {
		ret = take(w, q, line);
	}
	wizard_wipe(line);
	return ret;
}

/* One question until it is answered, or the person goes back or leaves. */
outcome
wizard_ask(wizard *w, const wizard_question *q)
{
	outcome ret;

	if (q->before != NULL)
		q->before(w);
	show_question(w, q);
	do
		ret = ask_line(w, q);
	while (ret == AGAIN);
	return ret;
}
