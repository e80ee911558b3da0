#include "cli/wizard.h"

#include <stdarg.h>
#include <string.h>

#include "base/fail.h"
#include "cli/wizard_private.h"
#include "cli/wrap.h"

void
wizard_wipe(gpointer text)
{
	explicit_bzero(text, strlen(text));
	g_free(text);
}

wizard *
wizard_new(const wizard_question *questions, const wizard_io *io, wizard_words *words,
	   gpointer data)
{
	wizard *w = g_new0(wizard, 1);

	*w = (wizard){questions, io, words, data};
	w->given = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, wizard_wipe);
	w->typed = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, wizard_wipe);
	w->asked = g_hash_table_new(g_str_hash, g_str_equal);
	w->way = g_array_new(FALSE, FALSE, sizeof(guint));
	return w;
}

void
wizard_free(wizard *w)
{
	if (w == NULL)
		return;
	g_hash_table_unref(w->given);
	g_hash_table_unref(w->typed);
	g_hash_table_unref(w->asked);
	g_array_unref(w->way);
	g_free(w);
}

gpointer
wizard_data(const wizard *w)
{
	return w->data;
}

/* ---- answers and texts ---- */

static const wizard_question *
find_question(const wizard *w, const char *key)
{
	for (const wizard_question *q = w->questions; q->key != NULL; q++)
		if (strcmp(q->key, key) == 0)
			return q;
	return NULL;
}

/* The answer of Q or its default; caller frees; NULL: neither. */
char *
wizard_known(const wizard *w, const wizard_question *q)
{
	const char *known = g_hash_table_lookup(w->given, q->key);

	if (known == NULL)
		known = g_hash_table_lookup(w->typed, q->key);
	if (known != NULL)
		return g_strdup(known);
	return q->fallback != NULL ? wizard_expand(w, q->fallback) : NULL;
}

static char *
meaning(const wizard *w, const char *name)
{
	const wizard_question *q = find_question(w, name);
	char *ret = q != NULL ? wizard_known(w, q) : w->words(w, name);

	return ret != NULL ? ret : g_strdup("");
}

/* TEXT with what its {NAMES} stand for; caller frees. */
char *
wizard_expand(const wizard *w, const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p != '\0';) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;

		if (end == NULL) {
			g_string_append_c(out, *p++);
			continue;
		}
		g_autofree char *name = g_strndup(p + 1, (gsize)(end - p - 1));
		g_autofree char *what = meaning(w, name);
		g_string_append(out, what);
		p = end + 1;
	}
	return g_string_free(out, FALSE);
}

void
wizard_give(wizard *w, const char *key, const char *value)
{
	const wizard_question *q = find_question(w, key);

	if (q != NULL && value != NULL)
		g_hash_table_insert(w->given, (gpointer)q->key, g_strdup(value));
}

const char *
wizard_answer(const wizard *w, const char *key)
{
	const wizard_question *q = find_question(w, key);

	if (q == NULL || (q->applies != NULL && !q->applies(w)))
		return NULL;
	const char *known = g_hash_table_lookup(w->given, key);
	if (known == NULL)
		known = g_hash_table_lookup(w->typed, key);
	if (known != NULL || !g_hash_table_contains(w->asked, key) || q->fallback == NULL)
		return known;
	g_autofree char *text = wizard_expand(w, q->fallback);
	return g_intern_string(text);
}

void
wizard_say_text(wizard *w, const char *first, const char *text)
{
	g_autofree char *whole = wrap_text(first, text);
	g_auto(GStrv) lines = g_strsplit(whole, "\n", -1);

	if (lines[0] == NULL)
		w->io->say("", w->io->data);
	for (guint i = 0; lines[i] != NULL; i++)
		w->io->say(lines[i], w->io->data);
}

void
wizard_say(wizard *w, const char *first, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_strdelimit(text, "\n", ' ');
	wizard_say_text(w, first, text);
}

/* ---- one after the other ---- */

static gboolean
leave(GError **error)
{
	fail_set(error, FAIL_CONFIG, "left before the last yes, nothing was made");
	return FALSE;
}

/* Is WHEN, which may be NULL, the answer of Q? */
static gboolean
answered_by(const wizard *w, const wizard_question *q, const char *when)
{
	g_autofree char *answer = when != NULL ? wizard_known(w, q) : NULL;

	return when != NULL && g_strcmp0(answer, when) == 0;
}

/* Did the answer of Q end it all? */
static gboolean
stops(wizard *w, const wizard_question *q)
{
	if (!answered_by(w, q, q->stop))
		return FALSE;
	if (q->advice != NULL) {
		g_autofree char *text = wizard_expand(w, q->advice);
		wizard_say_text(w, "", text);
	}
	return TRUE;
}

/* The question before number I, or I itself if there is none. */
static guint
go_back(wizard *w, guint i)
{
	if (w->way->len == 0) {
		wizard_say(w, "  ", "this is the first question; Ctrl-C leaves");
		return i;
	}
	guint ret = g_array_index(w->way, guint, w->way->len - 1);
	g_array_set_size(w->way, w->way->len - 1);
	return ret;
}

/* If the answer of number I says so: the question from which on all is asked again, else I + 1. */
static guint
go_on(wizard *w, guint i)
{
	const wizard_question *q = &w->questions[i];
	guint ret = 0;

	if (!answered_by(w, q, q->redo)) {
		g_array_append_val(w->way, i);
		return i + 1;
	}
	while (strcmp(w->questions[ret].key, q->from) != 0)
		ret++;
	while (w->way->len > 0 && g_array_index(w->way, guint, w->way->len - 1) >= ret)
		g_array_set_size(w->way, w->way->len - 1);
	return ret;
}

gboolean
wizard_run(wizard *w, GError **error)
{
	if (!wizard_check_given(w, error))
		return FALSE;
	for (guint i = 0; w->questions[i].key != NULL;) {
		const wizard_question *q = &w->questions[i];

		g_hash_table_add(w->asked, (gpointer)q->key);
		if (!wizard_is_open(w, q)) {
			i++;
			continue;
		}
		outcome o = wizard_ask(w, q);
		if (o == LEFT || (o == ANSWERED && stops(w, q)))
			return leave(error);
		i = o == BACK ? go_back(w, i) : go_on(w, i);
	}
	return TRUE;
}
