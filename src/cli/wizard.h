/*
 * wizard - a table of questions, asked one by one
 *
 * Enter keeps the default, "?" explains, "<" goes back, a wrong answer is asked again.  What the
 * command line gave is not asked.  The engine only asks and remembers: it makes nothing, and speaks
 * to the person through wizard_io alone.
 */
#pragma once
#include <glib.h>

typedef struct wizard wizard;

typedef struct {
	/* Shows a line of its own. */
	void (*say)(const char *line, gpointer data);
	/*
	 * Shows PROMPT, the cursor behind it, and reads a line without its end; SILENT: what is
	 * typed is not shown.  NULL when the input ends or the person interrupts.  The wizard wipes
	 * and frees it.
	 */
	char *(*ask)(const char *prompt, gboolean silent, gpointer data);
	gpointer data;
} wizard_io;

typedef struct {
	const char *value; /* the answer, as the command line would give it */
	const char *text;
} wizard_choice;

typedef enum {
	WIZARD_TEXT,
	WIZARD_CHOICE, /* by number or by value; one that is alone is taken without asking */
	WIZARD_YES,    /* the first choice is yes, the second no */
	WIZARD_SECRET, /* not shown */
	WIZARD_TWICE   /* the same, asked twice */
} wizard_kind;

/*
 * One question.  In texts {KEY} stands for the answer of question KEY, else for what the table's
 * owner knows by that name.
 */
typedef struct {
	const char *key;
	const char *flag; /* how the command line answers it: "--scope S"; NULL: it can't */
	wizard_kind kind;
	const char *prompt;
	const char *explain;
	const char *fallback; /* what Enter means; "": nothing; NULL: there must be an answer */
	const wizard_choice *choices; /* ended by a NULL value */
	const char *setting;          /* key of link.conf that judges the answer; may be NULL */
	/* NULL: always. */
	gboolean (*applies)(const wizard *);
	/* Says what should be known before the answer; may be NULL. */
	void (*before)(wizard *);
	/* Judges an answer that is a line of text (of a setting: right for it), and may say what
	 * follows from it; NULL: all are right. */
	gboolean (*check)(wizard *, const char *answer, GError **error);
	const char *stop;   /* this answer ends it all; NULL: none does */
	const char *advice; /* said then */
	const char *redo;   /* with this answer it goes on at question FROM, which is before */
	const char *from;
} wizard_question;

/* What NAME stands for in texts; caller frees; NULL: unknown. */
typedef char *wizard_words(const wizard *, const char *name);

/* QUESTIONS end with a NULL key; they and IO outlive the wizard. */
wizard *wizard_new(const wizard_question *questions, const wizard_io *, wizard_words *,
		   gpointer data);
void wizard_free(wizard *); /* wipes what was secret */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(wizard, wizard_free)
gpointer wizard_data(const wizard *);

/* KEY was answered by the command line; VALUE NULL is no answer. */
void wizard_give(wizard *, const char *key, const char *value);
/* Judges what was given and asks for the rest.  FALSE with class USAGE: something given is wrong;
 * with class CONFIG: the person left. */
gboolean wizard_run(wizard *, GError **error);
/* What was given or typed, or the default of a question that was asked; NULL: not answered, or
 * not asked for with the other answers as they are.  Borrowed, until the next question. */
const char *wizard_answer(const wizard *, const char *key);
/* Says TEXT in lines of a terminal, FIRST before the first of them. */
void wizard_say(wizard *, const char *first, const char *format, ...) G_GNUC_PRINTF(3, 4);
