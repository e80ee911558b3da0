/*
 * link_answers - what a new link is made of: from the command line, and asked for on a terminal
 *
 * link new, link invite and link join each have a table of questions; here is what the tables
 * share.  Nothing is made here.
 */
#pragma once
#include "cli/call.h"
#include "cli/wizard.h"
#include "contract/contract.h"
#include "handshake/offer.h"

typedef struct {
	call *call;
	site *site; /* the call's */
	wizard *wizard;
	contract *contract;   /* what is to be exchanged; NULL: not known yet */
	char *passphrase;     /* NULL: none */
	GPtrArray *settings;  /* "KEY=VALUE", NULL-ended */
	offer *offer;         /* link join: what is joined, from the file at PATH */
	char *path, *earlier; /* EARLIER: the link that joining replaces, or NULL */
	gboolean mail_fails;  /* the settings for mail were tried, and something did not work */
	char *days;           /* how long a handshake file is valid if nobody says otherwise */
} link_answers;
void link_answers_clear(link_answers *); /* wipes the passphrase */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(link_answers, link_answers_clear)

/*
 * All that the call says, and on a terminal the answers to what it leaves open, up to the last yes.
 * Elsewhere what is missing is an error of class USAGE.  Then wizard_answer() has each answer, and
 * what concerns a passphrase, settings and the offer stands in the struct.
 */
gboolean link_answers_new(link_answers *, call *, GError **error);
gboolean link_answers_invite(link_answers *, call *, GError **error);
gboolean link_answers_join(link_answers *, call *, GError **error);
/* assigned, FIELD=VALUE, all; NULL: not answered.  Borrowed. */
const char *link_answers_scope(const link_answers *);
/* The handshake file to write, absolute; caller frees. */
char *link_answers_out(const link_answers *);

/* ---- for the tables ---- */

/* May this call ask? */
gboolean link_answers_wanted(const call *);
/* Begins with what the options of the command say; QUESTIONS is its table. */
void link_answers_start(link_answers *, call *, const wizard_question *questions);
/* Judges and asks if ASK, then takes what the struct holds; TWICE: a new passphrase. */
gboolean link_answers_finish(link_answers *, gboolean ask, gboolean twice, GError **error);
/* "only items that you assign", "project=WIDGET: 212 of 1,076 items now"; caller frees. */
char *link_answers_scope_text(const link_answers *);
/* SECONDS as the question for days takes it: "30", "12 h"; caller frees. */
char *link_days_text(gint64 seconds);
/* The day on which a file made now expires; caller frees. */
char *link_answers_until(const link_answers *);

gboolean link_name_is_free(wizard *, const char *name, GError **error);
gboolean link_scope_is_right(wizard *, const char *scope, GError **error);
gboolean link_scope_by_field(const wizard *);
gboolean link_secret_wanted(const wizard *);
gboolean link_expiry_is_right(wizard *, const char *days, GError **error);
gboolean link_out_is_free(wizard *, const char *path, GError **error);

extern const wizard_choice link_scope_choices[], link_yes_no[];

/* Rows that both sides have: which items may leave, and who writes the partner's changes. */
#define QUESTIONS_SIDE                                                                             \
	{.key = "scope",                                                                           \
	 .flag = "--scope S",                                                                      \
	 .kind = WIZARD_CHOICE,                                                                    \
	 .prompt = "Which items may leave here?",                                                  \
	 .explain =                                                                                \
		 "Nothing leaves but what you name here. Assigned: you share each item by "        \
		 "handsel link assign. FIELD=VALUE: every item whose field has the value, also "   \
		 "those that get it later. The partner does not see this choice, and you can "     \
		 "change it: {handsel} link set {name} scope=...",                                 \
	 .fallback = "assigned",                                                                   \
	 .choices = link_scope_choices,                                                            \
	 .check = link_scope_is_right},                                                            \
		{.key = "match",                                                                   \
		 .flag = "--scope FIELD=VALUE",                                                    \
		 .kind = WIZARD_TEXT,                                                              \
		 .prompt = "  FIELD=VALUE",                                                        \
		 .explain = "A field and the value it must have, as in project=WIDGET or "         \
			    "labels=urgent. handsel desk list FIELD=VALUE shows which they are.",  \
		 .setting = "scope",                                                               \
		 .applies = link_scope_by_field,                                                   \
		 .check = link_scope_is_right},                                                    \
	{                                                                                          \
		.key = "user", .flag = "--user LOGIN", .kind = WIZARD_TEXT,                        \
		.prompt = "Changes from {name} are written here, for good, as user",               \
		.explain = "Your people see this login beside what the partner changed. It stays " \
			   "for the life of the link, so that nobody takes those changes for "     \
			   "somebody else's.",                                                     \
		.fallback = "{name}-sync", .setting = "user"                                       \
	}
