#include "conf/setting.h"

#include "base/fail.h"
#include "base/mail_url.h"
#include "base/name.h"
#include "base/rand.h"
#include "base/u64.h"
#include "conf/times.h"

#include <limits.h>
#include <string.h>

#define KIB    G_GINT64_CONSTANT(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define PIB    (1024 * 1024 * GIB)
#define MINUTE G_GINT64_CONSTANT(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define SHOWN  60 /* characters of a wrong value in a message */
#define FIXED  (SET_LINK | SET_FIXED)

static const setting settings[] = {
	{"name", SET_TEXT, NULL, 1, NAME_SITE_MAX, "NAME", SET_SITE | SET_FIXED,
	 "Name of this site, as partners see it."},
	{"id", SET_TEXT, NULL, RAND_ID_LEN, RAND_ID_LEN, "ID", SET_SITE | SET_FIXED,
	 "Drawn when the site is made; tells it from another site of the same name."},

	{"run.workers", SET_INT, "auto", 1, 1000, "auto", SET_SITE,
	 "How many links `handsel run` works on at once; auto is two a processor, and four at "
	 "least."},
	{"run.linger", SET_TIME, "60 s", 0, DAY, NULL, SET_SITE,
	 "How long the process of a link stays when there is nothing to do."},
	{"run.hang", SET_TIME, "15 min", 5, DAY, NULL, SET_SITE,
	 "A process that makes no progress for this time is killed, and started again."},

	{"run.confine", SET_BOOL, "yes", 0, 0, NULL, SET_SITE | SET_LINK,
	 "Whether the processes that work on links give up rights and calls that they never need, "
	 "and change files only in the site's home and in the links' exchange directories. One "
	 "with a command to start keeps all that, as the command may need it; its memory is closed "
	 "all the same. A link's own goes before the site's."},

	{"link.id", SET_TEXT, NULL, RAND_ID_LEN, RAND_ID_LEN, "ID", FIXED,
	 "Drawn by the master; the same on both sides."},
	{"link.role", SET_ENUM, NULL, 0, 0, "master|slave", FIXED,
	 "Who made the handshake file is the master."},
	{"link.partner", SET_TEXT, NULL, 1, NAME_SITE_MAX, "NAME", SET_LINK,
	 "Name of the partner's site."},
	{"link.same_site", SET_BOOL, "no", 0, 0, NULL, SET_LINK | SET_FIXED,
	 "Slave: both ends of the link are this site; its items are copies with ids of their own."},
	{"link.description", SET_TEXT, NULL, 0, 1000, NULL, SET_LINK,
	 "What the link is for, shown to the partner when the link is made."},
	{"channel", SET_ENUM, "folder", 0, 0, "folder|mail", SET_LINK, "How envelopes travel."},
	{"adapter", SET_ENUM, "desk", 0, 0, "desk", SET_LINK,
	 "The tracker of this side; desk is the embedded one."},
	{"scope", SET_TEXT, "assigned", 1, 1000, "assigned|all|FIELD=VALUE", SET_LINK,
	 "Which local items may leave: those assigned to the link, all, or those whose field has "
	 "the value."},
	{"user", SET_TEXT, NULL, 1, 255, NULL, FIXED,
	 "Login that changes from the partner bear in the local tracker."},
	{"protect", SET_ENUM, "encrypt", 0, 0, "encrypt|sign", FIXED,
	 "Sign and encrypt envelopes, or only sign them: then anyone can read and no one forge "
	 "them."},
	{"paused", SET_BOOL, "no", 0, 0, NULL, SET_LINK,
	 "While paused, nothing is sent, taken in or applied."},

	{"folder.send", SET_PATH, NULL, 0, 0, NULL, SET_LINK,
	 "Directory for what goes to the partner; exchange/SEND of the link if not set."},
	{"folder.receive", SET_PATH, NULL, 0, 0, NULL, SET_LINK,
	 "Directory in which the partner's files arrive; exchange/RECEIVE of the link if not set."},
	{"folder.settle", SET_TIME, "60 s", 0, DAY, NULL, SET_LINK,
	 "How long an incomplete file may rest without growing before it is quarantined."},
	{"folder.poll", SET_TIME, "10 s", 1, HOUR, NULL, SET_LINK,
	 "How often `handsel run` looks at the directories itself, beside being told by the "
	 "system."},
	{"folder.reserve", SET_SIZE, "1 MiB", 0, PIB, NULL, SET_LINK,
	 "While less than this is free, here or where envelopes are put, no new ones are made."},
	{"folder.part", SET_SIZE, "0", 64 * KIB, PIB, "0", SET_LINK,
	 "Envelopes larger than this are cut in parts; 0 never cuts."},

	{"mail.address", SET_TEXT, NULL, 3, 254, "ADDRESS", SET_LINK,
	 "Address of this side: the partner sends there, and mails come from there."},
	{"mail.partner", SET_TEXT, NULL, 3, 254, "ADDRESS", SET_LINK,
	 "Address of the partner; pairing finds it out."},
	{"mail.name", SET_TEXT, NULL, 1, 100, NULL, SET_LINK,
	 "Name that stands beside the address in mails; the site's if not set."},
	{"mail.receive", SET_TEXT, NULL, 1, 1000, "RECEIVE-URL", SET_LINK,
	 "Mailbox from which envelopes are taken: imaps://login@host:port/folder, or "
	 "imap+starttls, "
	 "pop3s, pop3+starttls; without TLS (imap, pop3) only on this machine itself."},
	{"mail.send", SET_TEXT, NULL, 1, 1000, "SEND-URL", SET_LINK,
	 "Server that takes mails: smtp+starttls://login@host:port or smtps; without TLS (smtp) "
	 "only "
	 "on this machine itself. Without a login none is done."},
	{"mail.password_file", SET_PATH, NULL, 0, 0, NULL, SET_LINK,
	 "File whose first line is the password; nobody else may read it."},
	{"mail.password_credential", SET_TEXT, NULL, 1, 255, NULL, SET_LINK,
	 "The same by its name as a credential of systemd (LoadCredential=)."},
	{"mail.password_command", SET_TEXT, NULL, 1, 4000, NULL, SET_LINK,
	 "Command, run by /bin/sh, that prints the password, or with xoauth2 an access token."},
	{"mail.auth", SET_ENUM, "auto", 0, 0, "auto|plain|login|xoauth2", SET_LINK,
	 "How to log in; auto takes the best that the server offers for a password."},
	{"mail.send_password_file", SET_PATH, NULL, 0, 0, NULL, SET_LINK,
	 "As mail.password_file, for sending; if none of its kind is set, both are the same."},
	{"mail.send_password_credential", SET_TEXT, NULL, 1, 255, NULL, SET_LINK,
	 "As mail.password_credential, for sending."},
	{"mail.send_password_command", SET_TEXT, NULL, 1, 4000, NULL, SET_LINK,
	 "As mail.password_command, for sending."},
	{"mail.send_auth", SET_ENUM, NULL, 0, 0, "auto|plain|login|xoauth2", SET_LINK,
	 "As mail.auth, for sending; the same if not set."},
	{"mail.ca_file", SET_PATH, NULL, 0, 0, NULL, SET_LINK,
	 "Certificates (PEM) that vouch for the servers, in place of the system's."},
	{"mail.size", SET_SIZE, "10 MiB", 64 * KIB, GIB, NULL, SET_LINK,
	 "Largest mail that is sent; a server's own limit counts where it is smaller. Larger "
	 "envelopes go in parts."},
	{"mail.receive_size", SET_SIZE, "64 MiB", 64 * KIB, GIB, NULL, SET_LINK,
	 "Larger mails are not looked at."},
	{"mail.rate", SET_INT, "0", 1, 1000000, "0", SET_LINK,
	 "Most mails in an hour; 0 is no limit."},
	{"mail.poll", SET_TIME, "5 min", 5, DAY, NULL, SET_LINK,
	 "How often `handsel run` looks into the mailbox, beside being told by the server."},
	{"mail.timeout", SET_TIME, "1 min", 5, HOUR, NULL, SET_LINK,
	 "How long a server may take to answer."},
	{"mail.retry", SET_TIME, "30 s", 1, HOUR, NULL, SET_LINK,
	 "How long a server that failed is left alone; then twice as long each time, up to an "
	 "hour. "
	 "One that somebody has to do something about is left alone for an hour at once."},
	{"mail.taken", SET_ENUM, "delete", 0, 0, "delete|move|flag", SET_LINK,
	 "What becomes of a mail when its envelope is durable here: it is deleted, moved to "
	 "mail.taken_folder, or flagged $handsel and read. Other mails are never touched."},
	{"mail.taken_folder", SET_TEXT, "handsel", 1, 255, NULL, SET_LINK,
	 "Folder for mails that have been taken, made when it is missing."},

	{"sync.relay", SET_BOOL, "no", 0, 0, NULL, SET_LINK,
	 "Items that came in by another link may leave by this one."},
	{"sync.ack_delay", SET_TIME, "0 s", 0, HOUR, NULL, SET_LINK,
	 "Acknowledgements of their own leave at most this often; 0 sends each at once."},
	{"sync.at", SET_TEXT, NULL, 1, 1000, "HH:MM...", SET_LINK,
	 "Times of day (UTC), with blanks between them, at which `handsel run` sends what has "
	 "changed; if not set, at once. `handsel sync` sends at any time."},
	{"sync.brake", SET_INT, "auto", 0, 1000000000, "auto", SET_LINK,
	 "If more items than this are deleted or emptied here in one pass, they wait for a yes "
	 "(handsel brake show); so do all items of a link at once, where they are three or more. "
	 "auto is 5 % of the link's items, but not fewer than 5 nor more than 20: what people do "
	 "by hand passes, an emptied tracker does not."},
	{"sync.batch", SET_INT, "1000", 1, 100000, NULL, SET_LINK, "Most changes in one envelope."},
	{"sync.window", SET_INT, "8", 1, 1000, NULL, SET_LINK,
	 "Changes of one item that may be on their way; further edits wait and go as one."},
	{"sync.max_unacked", SET_INT, "100", 1, 1000000, NULL, SET_LINK,
	 "While this many envelopes are not acknowledged, no more are made."},
	{"sync.max_unacked_bytes", SET_SIZE, "1 GiB", MIB, PIB, NULL, SET_LINK,
	 "While this many bytes are not acknowledged, no more envelopes are made."},
	{"sync.big_file", SET_SIZE, "8 MiB", 64 * KIB, PIB, NULL, SET_LINK,
	 "Files from this size on travel in envelopes of their own, behind the others."},
	{"sync.resend", SET_TIME, "1 h", 1, 30 * DAY, NULL, SET_LINK,
	 "What the partner has not acknowledged is offered again after this time, then ever more "
	 "seldom."},
	{"sync.resend_max", SET_TIME, "1 d", 1, 365 * DAY, NULL, SET_LINK,
	 "The longest time between two offers of the same envelope."},

	{"pairing.confirm", SET_BOOL, "no", 0, 0, NULL, SET_LINK,
	 "Master: wait for `handsel link accept` before pairing with who has joined."},
	{"pairing.eager", SET_BOOL, "yes", 0, 0, NULL, SET_LINK,
	 "Master: send the first changes right behind the answer to the handshake."},
	{"pairing.expires", SET_TIME, "30 d", MINUTE, 3650 * DAY, NULL, SET_LINK,
	 "Master: how long a new handshake file can be used."},

	{"alert.command", SET_TEXT, NULL, 1, 4000, NULL, SET_SITE | SET_LINK,
	 "Run by /bin/sh when a link gets into trouble and when that is over: once each, with what "
	 "there is to say in its environment and on its input. A link's own goes before the "
	 "site's."},
	{"alert.mail", SET_TEXT, NULL, 3, 4000, "ADDRESS...", SET_SITE | SET_LINK,
	 "Addresses, with blanks between them, that get the same as a mail. A link's own go before "
	 "the site's."},
	{"alert.mail_from", SET_TEXT, NULL, 3, 254, "ADDRESS", SET_SITE | SET_LINK,
	 "Address from which they come; the link's mail.address if not set."},
	{"alert.mail_send", SET_TEXT, NULL, 1, 1000, "SEND-URL", SET_SITE | SET_LINK,
	 "Server that takes them, better another one than the link's own; the link's mail.send if "
	 "not set."},
	{"alert.mail_password_file", SET_PATH, NULL, 0, 0, NULL, SET_SITE | SET_LINK,
	 "As mail.password_file, for alert.mail_send."},
	{"alert.mail_password_credential", SET_TEXT, NULL, 1, 255, NULL, SET_SITE | SET_LINK,
	 "As mail.password_credential, for alert.mail_send."},
	{"alert.mail_password_command", SET_TEXT, NULL, 1, 4000, NULL, SET_SITE | SET_LINK,
	 "As mail.password_command, for alert.mail_send."},
	{"alert.mail_ca_file", SET_PATH, NULL, 0, 0, NULL, SET_SITE | SET_LINK,
	 "As mail.ca_file, for alert.mail_send."},
	{"alert.success", SET_TIME, "0 s", 0, 365 * DAY, NULL, SET_LINK,
	 "Tell, at most this often, what has come in and was taken over; 0: never."},
	{"alert.over", SET_TIME, "10 min", 0, DAY, NULL, SET_LINK,
	 "How long trouble must be gone before it is told to be over; if it comes back sooner "
	 "nothing is told."},
	{"alert.backlog", SET_TIME, "1 d", 0, 365 * DAY, NULL, SET_LINK,
	 "An envelope that the partner has not acknowledged for so long is trouble; 0: never."},
	{"alert.expect_every", SET_TIME, "0 s", 0, 365 * DAY, NULL, SET_LINK,
	 "A partner from whom nothing has come for so long is trouble; 0: never."},
	{"alert.gap", SET_TIME, "1 h", 0, 365 * DAY, NULL, SET_LINK,
	 "An envelope that has waited for an earlier one for so long is trouble; 0: never."},
	{"alert.key_age", SET_TIME, "0 s", 0, 36500 * DAY, NULL, SET_LINK,
	 "Keys of the link older than this are trouble; 0: never."},

	{"limit.field", SET_SIZE, "1 MiB", 1, 16 * MIB, NULL, SET_SITE,
	 "Largest value of a field that the desk takes from its people; a contract has its own."},
	{"limit.file", SET_SIZE, "4 GiB", 0, PIB, NULL, SET_SITE,
	 "Largest file that people can attach at the desk; a contract has its own."},
	{"limit.envelope", SET_SIZE, "8 GiB", MIB, PIB, NULL, SET_LINK,
	 "Largest envelope that is taken in."},
	{"limit.parts", SET_SIZE, "16 GiB", MIB, PIB, NULL, SET_LINK,
	 "Most bytes of parts whose envelope is not whole yet; those of later ones have to wait."},

	{"quarantine.max", SET_INT, "1000", 1, 1000000, NULL, SET_LINK,
	 "Most files in quarantine; when it is full, nothing more is taken in."},
	{"quarantine.bytes", SET_SIZE, "1 GiB", MIB, PIB, NULL, SET_LINK,
	 "Most bytes in quarantine; when it is full, nothing more is taken in."},
	{"archive.keep", SET_TIME, "30 d", 0, 36500 * DAY, NULL, SET_LINK,
	 "Archived envelopes older than this are removed; 0 keeps none."},
	{"log.keep", SET_INT, "100000", 100, 1000000000, NULL, SET_LINK,
	 "Lines of the log that are kept; also how many envelopes that are done are remembered."},
	{0},
};

const setting *
setting_all(void)
{
	return settings;
}

const setting *
setting_find(const char *key, setting_where where)
{
	for (const setting *s = settings; s->key != NULL; s++)
		if (s->where & where & (SET_SITE | SET_LINK) && strcmp(s->key, key) == 0)
			return s;
	return NULL;
}

gboolean
setting_number(const setting *s, const char *value, gint64 *ret)
{
	gboolean (*parse)(const char *, guint64, guint64 *) = s->type == SET_INT    ? u64_parse
							      : s->type == SET_SIZE ? u64_parse_size
							      : s->type == SET_TIME ? u64_parse_time
										    : NULL;
	guint64 number;

	if (parse == NULL || !parse(value, G_MAXINT64, &number))
		return FALSE;
	*ret = (gint64)number;
	return TRUE;
}

/* LIMIT as one would write it for row S; caller frees. */
static char *
bound_text(const setting *s, gint64 limit)
{
	if (s->type == SET_SIZE)
		return u64_size_text((guint64)limit);
	if (s->type == SET_TIME)
		return limit == 0 ? g_strdup("0 s") : u64_age_text(limit);
	return g_strdup_printf("%" G_GINT64_FORMAT, limit);
}

static char *
number_range(const setting *s)
{
	g_autofree char *min = bound_text(s, s->min);
	g_autofree char *max = bound_text(s, s->max);

	return g_strdup_printf("%s%s%s to %s", s->choices == NULL ? "" : s->choices,
			       s->choices == NULL ? "" : ", or ", min, max);
}

char *
setting_range(const setting *s)
{
	switch (s->type) {
	case SET_INT:
	case SET_SIZE:
	case SET_TIME:
		return number_range(s);
	case SET_BOOL:
		return g_strdup("yes or no");
	case SET_PATH:
		return g_strdup("an absolute path");
	case SET_TEXT:
		if (s->choices == NULL)
			return g_strdup_printf("one line of %d to %d bytes", (int)s->min,
					       (int)s->max);
		break;
	case SET_ENUM:
		break;
	}
	g_auto(GStrv) words = g_strsplit(s->choices, "|", 0);
	return g_strjoinv(" or ", words);
}

/* FIELD=VALUE, where FIELD is a field's name. */
static gboolean
is_field_value(const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals[1] == '\0')
		return FALSE;
	g_autofree char *field = g_strndup(text, (gsize)(equals - text));
	return name_word_valid(field);
}

/* Does VALUE stand among the choices, as it is or by a form that a choice of a TEXT stands for? */
static gboolean
chosen(const setting *s, const char *value)
{
	static const struct {
		const char *name;
		gboolean (*has)(const char *);
	} forms[] = {
		{"NAME", name_site_valid},          {"ID", rand_id_valid},
		{"FIELD=VALUE", is_field_value},    {"HH:MM...", times_valid},
		{"ADDRESS", mail_address_valid},    {"ADDRESS...", mail_addresses_valid},
		{"RECEIVE-URL", mail_url_receives}, {"SEND-URL", mail_url_sends},
	};

	if (s->choices == NULL)
		return FALSE;
	g_auto(GStrv) words = g_strsplit(s->choices, "|", 0);
	for (gsize i = 0; s->type == SET_TEXT && i < G_N_ELEMENTS(forms); i++)
		if (g_strv_contains((const char *const *)words, forms[i].name)) {
			if (forms[i].has(value))
				return TRUE;
			if (strcmp(value, forms[i].name) == 0)
				return FALSE;
		}
	return g_strv_contains((const char *const *)words, value);
}

/* Valid UTF-8 without control characters: one line of a file and of a terminal. */
static gboolean
is_line(const char *value)
{
	if (!g_utf8_validate(value, -1, NULL))
		return FALSE;
	for (const char *p = value; *p != '\0'; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			return FALSE;
	return TRUE;
}

static gboolean
fits(const setting *s, const char *value)
{
	gint64 number;

	switch (s->type) {
	case SET_BOOL:
		return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
	case SET_INT:
	case SET_SIZE:
	case SET_TIME:
		return chosen(s, value) ||
		       (setting_number(s, value, &number) && number >= s->min && number <= s->max);
	case SET_PATH:
		return g_path_is_absolute(value) && strlen(value) < PATH_MAX;
	case SET_TEXT:
		return (gint64)strlen(value) >= s->min && (gint64)strlen(value) <= s->max &&
		       (s->choices == NULL || chosen(s, value));
	case SET_ENUM:
		return chosen(s, value);
	}
	return FALSE;
}

/* VALUE, which may be anything, as part of a message; caller frees. */
static char *
shown(const char *value)
{
	/* Somebody may have written a password into a URL. */
	g_autofree char *harmless = mail_url_shown(value);
	g_autofree char *valid = g_utf8_make_valid(harmless, -1);
	GString *out = g_string_new(NULL);

	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (out->len >= SHOWN) {
			g_string_append(out, "…");
			break;
		}
		g_string_append_unichar(out, g_unichar_iscntrl(c) ? '?' : c);
	}
	return g_string_free(out, FALSE);
}

gboolean
setting_check(const setting *s, const char *value, GError **error)
{
	if (is_line(value) && fits(s, value))
		return TRUE;
	g_autofree char *what = shown(value);
	g_autofree char *range = setting_range(s);
	fail_set(error, FAIL_USAGE, "%s: cannot be \"%s\"; it is %s", s->key, what, range);
	return FALSE;
}
