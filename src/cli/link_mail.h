/*
 * link_mail - what a link by mail is made of: a mailbox here, a server that sends, their passwords
 *
 * Questions of link new and link join.  What is typed as a password stays in memory until the link
 * is made.
 */
#pragma once
#include "cli/link_answers.h"
#include "gateway/make.h"

/* Takes what --set says as answers. */
void link_mail_start(link_answers *);
/* Appends the settings that answers made, "KEY=VALUE"; --set goes before them. */
void link_mail_settings(const link_answers *, GPtrArray *settings);
/* Adds the typed passwords to REQ, borrowed. */
void link_mail_passwords(const link_answers *, link_request *req);
/* Does the command line leave something open that a link by mail needs? */
gboolean link_mail_open(const call *);
/* What NAME stands for in texts of these questions; caller frees; NULL: unknown. */
char *link_mail_word(const wizard *, const char *name);
/* Says, before the last yes, what there will be. */
void link_mail_say(wizard *);

gboolean link_by_mail(const wizard *);
void link_mail_begin(wizard *);
void link_mail_begin_sending(wizard *);
gboolean link_mail_login_wanted(const wizard *);
gboolean link_mail_password_wanted(const wizard *);
gboolean link_mail_typed(const wizard *);
gboolean link_mail_by_file(const wizard *);
gboolean link_mail_by_command(const wizard *);
gboolean link_mail_copy_wanted(const wizard *);
gboolean link_mail_apart(const wizard *);
gboolean link_mail_send_password_wanted(const wizard *);
gboolean link_mail_send_typed(const wizard *);
gboolean link_mail_send_by_file(const wizard *);
gboolean link_mail_send_by_command(const wizard *);
gboolean link_mail_keeps(const wizard *);
gboolean link_mail_failed(const wizard *);
gboolean link_mail_receives(wizard *, const char *server, GError **error);
gboolean link_mail_sends(wizard *, const char *server, GError **error);
gboolean link_mail_file_is_there(wizard *, const char *path, GError **error);
gboolean link_mail_certificates_are_there(wizard *, const char *path, GError **error);
gboolean link_mail_try(wizard *, const char *answer, GError **error);

extern const wizard_choice link_mail_password_choices[], link_mail_taken_choices[];

#define MAIL_SYSTEM "system" /* no certificates of one's own */
#define MAIL_NOBODY "none"   /* no login */

/* Rows in which a password is told; KEY and SETTING begin with "" or "send ", "" or "send_". */
#define QUESTIONS_PASSWORD(KEY, SETTING, WANTED, TYPED, BY_FILE, BY_COMMAND)                       \
	{.key = KEY "password from",                                                               \
	 .flag = "--set mail." SETTING "password_file=FILE, or password_command",                  \
	 .kind = WIZARD_CHOICE,                                                                    \
	 .prompt = "Where does the password come from?",                                           \
	 .explain =                                                                                \
		 "Typed, it is kept in a file of the link that its owner alone can read. A file "  \
		 "of yours must be readable by its owner alone, too; its first line counts. A "    \
		 "command, run by /bin/sh, prints it: of a password store, or for OAuth2 an "      \
		 "access token (--set mail." SETTING "auth=xoauth2).",                             \
	 .fallback = "typed",                                                                      \
	 .choices = link_mail_password_choices,                                                    \
	 .applies = (WANTED)},                                                                     \
		{.key = KEY "password",                                                            \
		 .kind = WIZARD_SECRET,                                                            \
		 .prompt = "  Password (not shown)",                                               \
		 .explain = "The one that the server wants, often one for programs that you get "  \
			    "from whoever runs it. It is never shown, nor written anywhere but "   \
			    "into the link's own directory, once there is a link.",                \
		 .applies = (TYPED)},                                                              \
		{.key = KEY "password file",                                                       \
		 .flag = "--set mail." SETTING "password_file=FILE",                               \
		 .kind = WIZARD_TEXT,                                                              \
		 .prompt = "  File",                                                               \
		 .explain = "A file whose first line is the password and that nobody but its "     \
			    "owner may read.",                                                     \
		 .applies = (BY_FILE),                                                             \
		 .check = link_mail_file_is_there},                                                \
	{                                                                                          \
		.key = KEY "password command",                                                     \
		.flag = "--set mail." SETTING "password_command=COMMAND", .kind = WIZARD_TEXT,     \
		.prompt = "  Command",                                                             \
		.explain = "What prints the password as its first line, within a minute.",         \
		.setting = "mail." SETTING "password_command", .applies = (BY_COMMAND)             \
	}

/* Rows that both sides have where a link goes by mail. */
#define QUESTIONS_MAIL                                                                             \
	{.key = "mail.address",                                                                    \
	 .flag = "--set mail.address=ADDRESS",                                                     \
	 .kind = WIZARD_TEXT,                                                                      \
	 .prompt = "Address of this side",                                                         \
	 .explain = "Your partner's envelopes are mailed there, and yours come from there: the "   \
		    "same address for both ways is what mail servers like best. A mailbox of its " \
		    "own is advised, but one that people or other links use will do: other mails " \
		    "are never touched.",                                                          \
	 .setting = "mail.address",                                                                \
	 .applies = link_by_mail,                                                                  \
	 .before = link_mail_begin},                                                               \
		{.key = "mail.receive",                                                            \
		 .flag = "--set mail.receive=imaps://LOGIN@HOST:PORT/FOLDER",                      \
		 .kind = WIZARD_TEXT,                                                              \
		 .prompt = "Server of the mailbox",                                                \
		 .explain = "A host, as in mail.example.com, or a URL: imaps for IMAP with TLS, "  \
			    "imap+starttls for TLS after a greeting, pop3s and pop3+starttls for " \
			    "POP3; then the port, and with IMAP a folder other than INBOX: "       \
			    "imaps://mail.example.com:993/handsel",                                \
		 .fallback = "{receiving server}",                                                 \
		 .applies = link_by_mail,                                                          \
		 .check = link_mail_receives},                                                     \
		{.key = "login",                                                                   \
		 .flag = "in the URL of --set mail.receive",                                       \
		 .kind = WIZARD_TEXT,                                                              \
		 .prompt = "Login there",                                                          \
		 .explain = "The name by which the server knows the mailbox: often the address, "  \
			    "or what stands before its @.",                                        \
		 .fallback = "{receiving login}",                                                  \
		 .applies = link_mail_login_wanted},                                               \
		QUESTIONS_PASSWORD("", "", link_mail_password_wanted, link_mail_typed,             \
				   link_mail_by_file, link_mail_by_command),                       \
		{.key = "mail.send",                                                               \
		 .flag = "--set mail.send=smtp+starttls://LOGIN@HOST:PORT",                        \
		 .kind = WIZARD_TEXT,                                                              \
		 .prompt = "Server that sends",                                                    \
		 .explain = "A host, as in mail.example.com, or a URL: smtp+starttls for TLS "     \
			    "after a greeting (port 587), smtps for TLS from the start (port "     \
			    "465).",                                                               \
		 .fallback = "{sending server}",                                                   \
		 .applies = link_by_mail,                                                          \
		 .before = link_mail_begin_sending,                                                \
		 .check = link_mail_sends},                                                        \
		{.key = "copy",                                                                    \
		 .flag = "--set mail.send=..., --set mail.send_password_file=FILE",                \
		 .kind = WIZARD_YES,                                                               \
		 .prompt = "Copy credentials from receiving?",                                     \
		 .explain = "Login and password are usually the same for both ways.",              \
		 .fallback = "yes",                                                                \
		 .choices = link_yes_no,                                                           \
		 .applies = link_mail_copy_wanted},                                                \
		{.key = "send login",                                                              \
		 .flag = "in the URL of --set mail.send",                                          \
		 .kind = WIZARD_TEXT,                                                              \
		 .prompt = "Login there (" MAIL_NOBODY ": the server wants none)",                 \
		 .explain = "The name by which the sending server knows you.",                     \
		 .fallback = "{sending login}",                                                    \
		 .applies = link_mail_apart},                                                      \
		QUESTIONS_PASSWORD("send ", "send_", link_mail_send_password_wanted,               \
				   link_mail_send_typed, link_mail_send_by_file,                   \
				   link_mail_send_by_command),                                     \
		{.key = "mail.ca_file",                                                            \
		 .flag = "--set mail.ca_file=FILE",                                                \
		 .kind = WIZARD_TEXT,                                                              \
		 .prompt = "Certificates that vouch for the servers",                              \
		 .explain = "Servers must prove who they are. " MAIL_SYSTEM                        \
			    ": by the authorities that this machine trusts, which is right for "   \
			    "nearly all. Servers of a company with an authority of its own need "  \
			    "the file with its certificate (PEM).",                                \
		 .fallback = MAIL_SYSTEM,                                                          \
		 .applies = link_by_mail,                                                          \
		 .check = link_mail_certificates_are_there},                                       \
		{.key = "mail.taken",                                                              \
		 .flag = "--set mail.taken=delete|move|flag",                                      \
		 .kind = WIZARD_CHOICE,                                                            \
		 .prompt = "What becomes of mails whose envelopes have been taken?",               \
		 .explain = "Whatever it is, the envelope is safe here before. Deleted keeps the " \
			    "mailbox small.",                                                      \
		 .fallback = "delete",                                                             \
		 .choices = link_mail_taken_choices,                                               \
		 .setting = "mail.taken",                                                          \
		 .applies = link_mail_keeps},                                                      \
		{.key = "try",                                                                     \
		 .kind = WIZARD_YES,                                                               \
		 .prompt = "Try both ways now?",                                                   \
		 .explain = "Connects and logs in to both servers, sends a mail to the address "   \
			    "itself, sees it arrive and removes it. Later: {handsel} link test "   \
			    "{name}",                                                              \
		 .fallback = "yes",                                                                \
		 .choices = link_yes_no,                                                           \
		 .applies = link_by_mail,                                                          \
		 .check = link_mail_try},                                                          \
	{                                                                                          \
		.key = "go on", .kind = WIZARD_YES,                                                \
		.prompt = "It does not work yet. Go on as it is?",                                 \
		.explain = "No asks for the mail settings again; what you typed stays, and Enter " \
			   "keeps it. Yes makes the link nevertheless; {handsel} link set and "    \
			   "link test mend it later, and nothing is lost until then.",             \
		.fallback = "no", .choices = link_yes_no, .applies = link_mail_failed,             \
		.redo = "no", .from = "mail.address"                                               \
	}
