#include "cli/wizard.h"

#include <string.h>

#include "base/fail.h"
#include "cli/wrap.h"

/* A person who types what is in LINES, and a screen. */
typedef struct {
	const char *const *lines; /* NULL: the input ends */
	GString *screen;
	guint silent; /* lines that were not to be shown */
} person;

static void
say(const char *line, gpointer data)
{
	person *p = data;

	g_string_append_printf(p->screen, "%s\n", line);
}

static char *
answer(const char *prompt, gboolean silent, gpointer data)
{
	person *p = data;

	g_string_append_printf(p->screen, "%s|\n", prompt);
	if (silent)
		p->silent++;
	return *p->lines != NULL ? g_strdup(*p->lines++) : NULL;
}

static gboolean
no_blanks(wizard *w, const char *text, GError **error)
{
	if (strchr(text, ' ') == NULL) {
		wizard_say(w, "  ", "%s is fine", text);
		return TRUE;
	}
	fail_set(error, FAIL_USAGE, "it has a blank");
	return FALSE;
}

static gboolean
has_colour(const wizard *w)
{
	return g_strcmp0(wizard_answer(w, "paint"), "yes") == 0;
}

static const wizard_choice yes_no[] = {{"yes", NULL}, {"no", NULL}, {0}};
static const wizard_choice sizes[] = {{"small", "as a hand"}, {"large", "as {host}"}, {0}};
static const wizard_choice channels[] = {{"folder", "a folder"}, {"pigeon", "a bird"}, {0}};

static const wizard_question questions[] = {
	{.key = "name",
	 .flag = "--name NAME",
	 .kind = WIZARD_TEXT,
	 .prompt = "Name",
	 .explain = "A name without blanks.",
	 .check = no_blanks},
	{.key = "size",
	 .flag = "--size S",
	 .kind = WIZARD_CHOICE,
	 .prompt = "Which size for {name}?",
	 .explain = "How large it is.",
	 .fallback = "small",
	 .choices = sizes},
	{.key = "channel",
	 .kind = WIZARD_CHOICE,
	 .prompt = "Which way?",
	 .explain = "How.",
	 .fallback = "folder",
	 .choices = channels,
	 .setting = "channel"},
	{.key = "paint",
	 .kind = WIZARD_YES,
	 .prompt = "Paint it?",
	 .explain = "With a brush.",
	 .fallback = "no",
	 .choices = yes_no},
	{.key = "colour",
	 .kind = WIZARD_TEXT,
	 .prompt = "Colour",
	 .explain = "Any.",
	 .applies = has_colour},
	{.key = "login",
	 .kind = WIZARD_TEXT,
	 .prompt = "Login",
	 .explain = "Who.",
	 .fallback = "{name}-sync"},
	{.key = "word", .kind = WIZARD_TWICE, .prompt = "Word", .explain = "Nobody sees it."},
	{.key = "make",
	 .kind = WIZARD_YES,
	 .prompt = "Make it?",
	 .explain = "The last one.",
	 .fallback = "yes",
	 .choices = yes_no,
	 .stop = "no",
	 .advice = "Ask {name} first."},
	{0},
};

static char *
words(const wizard *w G_GNUC_UNUSED, const char *name)
{
	return strcmp(name, "host") == 0 ? g_strdup("a house") : NULL;
}

typedef struct {
	person person;
	wizard_io io;
	wizard *w;
} scene;

static void
scene_open(scene *s, const char *const *lines)
{
	s->person = (person){lines, g_string_new(NULL), 0};
	s->io = (wizard_io){say, answer, &s->person};
	s->w = wizard_new(questions, &s->io, words, s);
}

static void
scene_close(scene *s)
{
	wizard_free(s->w);
	g_string_free(s->person.screen, TRUE);
}

static void
runs(scene *s)
{
	GError *error = NULL;

	g_assert_true(wizard_run(s->w, &error));
	g_assert_no_error(error);
}

static void
ends(scene *s, int class)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(wizard_run(s->w, &error));
	g_assert_true(fail_is(error, class));
}

static void
shows(const scene *s, const char *text)
{
	if (strstr(s->person.screen->str, text) == NULL)
		g_error("\"%s\" is not in:\n%s", text, s->person.screen->str);
}

static void
shows_not(const scene *s, const char *text)
{
	if (strstr(s->person.screen->str, text) != NULL)
		g_error("\"%s\" is in:\n%s", text, s->person.screen->str);
}

static void
is(const scene *s, const char *key, const char *value)
{
	g_assert_cmpstr(wizard_answer(s->w, key), ==, value);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
enter_keeps_the_defaults(void)
{
	scene s;

	scene_open(&s, LINES("acme", "", "", "", "sesame", "sesame", ""));
	runs(&s);
	is(&s, "name", "acme");
	is(&s, "size", "small");
	is(&s, "paint", "no");
	is(&s, "login", "acme-sync");
	is(&s, "word", "sesame");
	is(&s, "make", "yes");
	shows(&s, "Which size for acme?\n  1) as a hand\n  2) as a house\nChoose [1]: |\n");
	shows(&s, "Paint it? [y/N] |\nLogin [acme-sync]: |\n");
	g_assert_cmpuint(s.person.silent, ==, 2);
	scene_close(&s);
}

static void
what_does_not_apply_is_not_asked(void)
{
	scene s;

	scene_open(&s, LINES("acme", "", "", "", "a", "a", ""));
	runs(&s);
	is(&s, "colour", NULL);
	shows_not(&s, "Colour");
	scene_close(&s);
}

static void
a_choice_that_is_alone_is_taken(void)
{
	scene s;

	scene_open(&s, LINES("acme", "", "", "", "a", "a", ""));
	is(&s, "channel", NULL);
	runs(&s);
	is(&s, "channel", "folder");
	shows_not(&s, "Which way?");
	scene_close(&s);
}

static void
what_was_given_is_not_asked(void)
{
	scene s;

	scene_open(&s, LINES("", "red", "", "a", "a", ""));
	wizard_give(s.w, "name", "acme");
	wizard_give(s.w, "paint", "yes");
	wizard_give(s.w, "size", NULL);
	wizard_give(s.w, "no such question", "x");
	runs(&s);
	is(&s, "size", "small");
	is(&s, "colour", "red");
	shows_not(&s, "Name");
	shows_not(&s, "Paint");
	scene_close(&s);
}

static void
what_was_given_wrong_ends_it_before_a_question(void)
{
	scene s;

	scene_open(&s, LINES("x"));
	wizard_give(s.w, "name", "two words");
	ends(&s, FAIL_USAGE);
	g_assert_cmpstr(s.person.screen->str, ==, "");
	scene_close(&s);
	scene_open(&s, LINES("x"));
	wizard_give(s.w, "size", "huge");
	ends(&s, FAIL_USAGE);
	g_assert_cmpstr(s.person.screen->str, ==, "");
	scene_close(&s);
	scene_open(&s, LINES("x"));
	wizard_give(s.w, "channel", "pigeon");
	ends(&s, FAIL_USAGE);
	scene_close(&s);
}

static void
a_wrong_answer_is_told_and_asked_again(void)
{
	scene s;

	scene_open(&s, LINES("", "two words", "\033[A", "\xff", " acme ", "3", "huge", "large",
			     "maybe", "YES", "", "blue", "", "a", "a", "y"));
	runs(&s);
	is(&s, "name", "acme");
	is(&s, "size", "large");
	is(&s, "colour", "blue");
	shows(&s, "Name: |\n  an answer is needed; ? explains\nName: |\n  it has a blank\n"
		  "Name: |\n  there are keys in it that make no letters; type it again\n"
		  "Name: |\n  that is not UTF-8 text\nName: |\n  acme is fine\n");
	shows(&s, "Choose [1]: |\n  type a number from 1 to 2\nChoose [1]: |\n"
		  "  type a number from 1 to 2\nChoose [1]: |\n");
	shows(&s, "  type y for yes or n for no\n");
	scene_close(&s);
}

static void
a_question_mark_explains(void)
{
	scene s;

	scene_open(&s, LINES("?", "acme", "?", "2", "n", "?", "", "?", "a", "a", "?", "y"));
	runs(&s);
	is(&s, "size", "large");
	shows(&s, "Name: |\n  A name without blanks.\n  (On the command line: --name NAME)\n"
		  "Name: |\n");
	shows(&s, "  How large it is.\n  (On the command line: --size S)\nWhich size for acme?\n");
	shows(&s, "  Nobody sees it.\nWord: |\n");
	scene_close(&s);
}

static void
back_leads_over_several_questions_to_the_answers_given(void)
{
	scene s;

	scene_open(&s, LINES("<", "acme", "2", "y", "red", "<", "<", "<", "<", "", "1", "", "", "",
			     "a", "a", "<", "<", "<", "<", "n", "", "", "y"));
	runs(&s);
	is(&s, "name", "acme");
	is(&s, "size", "small");
	is(&s, "paint", "no");
	is(&s, "colour", NULL);
	is(&s, "word", "a");
	shows(&s, "  this is the first question; Ctrl-C leaves\n");
	shows(&s, "Colour [red]: |\nPaint it? [Y/n] |\nWhich size");
	shows(&s, "Choose [2]: |\nName [acme]: |\n");
	shows(&s, "Word [as before]: |\nMake it? [Y/n] |\n");
	scene_close(&s);
}

static void
a_default_follows_the_answer_it_is_made_of(void)
{
	scene s;

	scene_open(&s,
		   LINES("acme", "", "", "", "<", "<", "<", "<", "nord", "", "", "", "a", "a", ""));
	runs(&s);
	is(&s, "login", "nord-sync");
	scene_close(&s);
}

static void
back_passes_what_was_given(void)
{
	scene s;

	scene_open(&s, LINES("acme", "<", "nord", "", "a", "a", ""));
	wizard_give(s.w, "size", "large");
	wizard_give(s.w, "paint", "no");
	runs(&s);
	is(&s, "name", "nord");
	scene_close(&s);
}

static void
secrets_that_differ_are_asked_again(void)
{
	scene s;

	scene_open(&s, LINES("acme", "", "", "", "", "one", "two", " three ", " three ", ""));
	runs(&s);
	is(&s, "word", " three ");
	shows(&s, "Word: |\n  an answer is needed; ? explains\nWord: |\nOnce more: |\n"
		  "  the two entries differ; enter the same twice\nWord: |\n");
	scene_close(&s);
}

static void
the_end_of_the_input_leaves_wherever_it_comes(void)
{
	static const char *const all[] = {"acme", "1", "y", "red", "me", "a", "a", "y", NULL};

	for (guint n = 0; n < G_N_ELEMENTS(all) - 1; n++) {
		const char *lines[G_N_ELEMENTS(all)] = {0};
		scene s;

		memcpy(lines, all, n * sizeof *lines);
		scene_open(&s, lines);
		ends(&s, FAIL_CONFIG);
		scene_close(&s);
	}
	scene whole;
	scene_open(&whole, all);
	runs(&whole);
	scene_close(&whole);
}

static void
no_at_the_last_question_leaves_with_advice(void)
{
	scene s;

	scene_open(&s, LINES("acme", "", "", "", "a", "a", "n"));
	ends(&s, FAIL_CONFIG);
	shows(&s, "Make it? [Y/n] |\nAsk acme first.\n");
	scene_close(&s);
}

static void
no_line_is_longer_than_a_terminal(void)
{
	scene s;
	g_autofree char *name = g_strnfill(71, 'x');

	scene_open(&s, LINES(name, "?", "", "", "", "a", "a", ""));
	runs(&s);
	g_auto(GStrv) lines = g_strsplit(s.person.screen->str, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++)
		g_assert_cmpuint(wrap_width(lines[i]), <=, WRAP_WIDTH + strlen("|"));
	shows(&s, "Which size for\nxxx");
	shows(&s, "Login\n[xxx");
	scene_close(&s);
}

/* ---- once more ---- */

static const wizard_question trials[] = {
	{.key = "name", .kind = WIZARD_TEXT, .prompt = "Name", .explain = "Any."},
	{.key = "server", .kind = WIZARD_TEXT, .prompt = "Server", .explain = "Any."},
	{.key = "port", .kind = WIZARD_TEXT, .prompt = "Port", .explain = "Any.", .fallback = "1"},
	{.key = "good",
	 .kind = WIZARD_YES,
	 .prompt = "Good?",
	 .explain = "No goes back.",
	 .choices = yes_no,
	 .redo = "no",
	 .from = "server"},
	{0},
};

static void
an_answer_can_lead_back_to_an_earlier_question(void)
{
	scene s;

	scene_open(&s, LINES("acme", "here", "2", "no", "there", "", "yes"));
	wizard_free(s.w);
	s.w = wizard_new(trials, &s.io, words, &s);
	runs(&s);
	is(&s, "name", "acme");
	is(&s, "server", "there");
	is(&s, "port", "2");
	shows(&s, "Server [here]");
	shows_not(&s, "Name [acme]");
	scene_close(&s);
}

static void
from_there_back_leads_to_what_was_before(void)
{
	scene s;

	scene_open(&s, LINES("acme", "here", "", "no", "<", "other", "", "", "yes"));
	wizard_free(s.w);
	s.w = wizard_new(trials, &s.io, words, &s);
	runs(&s);
	is(&s, "name", "other");
	is(&s, "server", "here");
	scene_close(&s);
}

static void
text_is_wrapped_at_blanks(void)
{
	g_autofree char *a = g_strnfill(40, 'a'), *b = g_strnfill(40, 'b');
	g_autofree char *wide = g_strnfill(100, 'w');
	g_autofree char *two = g_strdup_printf("%s %s end", a, b);
	g_autofree char *wrapped = wrap_text("> ", two);
	g_autofree char *expected = g_strdup_printf("> %s\n  %s end", a, b);
	g_assert_cmpstr(wrapped, ==, expected);
	g_autofree char *whole = wrap_text("", wide);
	g_assert_cmpstr(whole, ==, wide);
	g_autofree char *lines = wrap_text("  ", "one\ntwo  three");
	g_assert_cmpstr(lines, ==, "  one\n  two  three");
	g_autofree char *broken = wrap_text("", "a\xff");
	g_assert_cmpstr(broken, ==, "a\xef\xbf\xbd");
	g_assert_cmpuint(wrap_width("für"), ==, 3);
	g_assert_cmpuint(wrap_width("漢字"), ==, 4);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/wizard/" #name, name)
	TEST(enter_keeps_the_defaults);
	TEST(what_does_not_apply_is_not_asked);
	TEST(a_choice_that_is_alone_is_taken);
	TEST(what_was_given_is_not_asked);
	TEST(what_was_given_wrong_ends_it_before_a_question);
	TEST(a_wrong_answer_is_told_and_asked_again);
	TEST(a_question_mark_explains);
	TEST(back_leads_over_several_questions_to_the_answers_given);
	TEST(a_default_follows_the_answer_it_is_made_of);
	TEST(back_passes_what_was_given);
	TEST(secrets_that_differ_are_asked_again);
	TEST(the_end_of_the_input_leaves_wherever_it_comes);
	TEST(no_at_the_last_question_leaves_with_advice);
	TEST(no_line_is_longer_than_a_terminal);
	TEST(an_answer_can_lead_back_to_an_earlier_question);
	TEST(from_there_back_leads_to_what_was_before);
	TEST(text_is_wrapped_at_blanks);
	return g_test_run();
}
