#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>

static const reason reasons[] = {
	{.number = REASON_INCOMPLETE,
	 .class = FAIL_REJECT,
	 .text = "incomplete",
	 .advice = "it is sent again by itself; ask the partner if it stays away"},
	{.number = REASON_BROKEN,
	 .class = FAIL_REJECT,
	 .text = "damaged on the way",
	 .advice = "it is sent again by itself; if this repeats, look at what carries the files"},
	{.number = REASON_NOT_REGULAR,
	 .class = FAIL_REJECT,
	 .text = "not a regular file",
	 .advice = "find out who put it there and remove it"},
	{.number = REASON_TOO_LARGE,
	 .class = FAIL_REJECT,
	 .text = "too large",
	 .advice = "raise the limit if it is meant to pass, then retry"},
	{.number = REASON_ZIP,
	 .class = FAIL_REJECT,
	 .text = "not a usable zip",
	 .advice = "ask the partner what made it"},
	{.number = REASON_MANIFEST,
	 .class = FAIL_REJECT,
	 .text = "manifest missing or malformed",
	 .advice = "ask the partner what made it"},
	{.number = REASON_FORMAT,
	 .class = FAIL_REJECT,
	 .text = "written by a newer version",
	 .advice = "install the newer version here, then retry"},
	{.number = REASON_LINES,
	 .class = FAIL_REJECT,
	 .text = "change lines malformed",
	 .advice = "ask the partner what made it"},
	{.number = REASON_CONTENT,
	 .class = FAIL_REJECT,
	 .text = "a file in it differs from its hash",
	 .advice = "ask the partner what made it"},
	{.number = REASON_PARTS,
	 .class = FAIL_REJECT,
	 .text = "parts that do not make a whole",
	 .advice = "ask the partner to send it again"},

	{.number = REASON_OTHER_LINK,
	 .class = FAIL_REJECT,
	 .text = "of another link",
	 .advice = "give it to the link it is for, or drop it"},
	{.number = REASON_OTHER_PAIR,
	 .class = FAIL_REJECT,
	 .text = "of an earlier pairing",
	 .advice = "nothing to do: both sides pair anew where that is needed"},
	{.number = REASON_ADDRESSEE,
	 .class = FAIL_TRUST,
	 .text = "from or to another key",
	 .advice = "somebody may have forwarded or reflected it; ask the partner"},
	{.number = REASON_FORK,
	 .class = FAIL_TRUST,
	 .text = "this number was another envelope before",
	 .advice = "a backup was restored on one side; rebase the link"},
	{.number = REASON_PREV,
	 .class = FAIL_TRUST,
	 .text = "does not follow its neighbour",
	 .advice = "a backup was restored on one side; rebase the link"},
	{.number = REASON_NOT_PAIRED,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "came before pairing is done",
	 .advice = "finish pairing, then retry"},
	{.number = REASON_KIND,
	 .class = FAIL_REJECT,
	 .text = "unknown kind of envelope",
	 .advice = "install the partner's version here, then retry"},

	{.number = REASON_UNKNOWN_SIGNER,
	 .class = FAIL_TRUST,
	 .text = "unknown signer",
	 .advice = "the signature is good, but not by a key of this link; ask the partner"},
	{.number = REASON_BAD_SIGNATURE,
	 .class = FAIL_TRUST,
	 .text = "bad signature",
	 .advice = "it was changed after signing; ask the partner and drop it"},
	{.number = REASON_UNSIGNED,
	 .class = FAIL_TRUST,
	 .text = "not signed",
	 .advice = "nobody vouches for it; ask the partner and drop it"},
	{.number = REASON_PROTECTION,
	 .class = FAIL_TRUST,
	 .text = "not protected as agreed",
	 .advice = "ask the partner; the protection of a link changes only by pairing again"},
	{.number = REASON_CANNOT_DECRYPT,
	 .class = FAIL_TRUST,
	 .text = "cannot be decrypted",
	 .advice = "it is for another key; see whether the key of this link is still there"},
	{.number = REASON_BOMB,
	 .class = FAIL_TRUST,
	 .text = "unpacks to more than it may",
	 .advice = "ask the partner what made it and drop it"},

	{.number = REASON_OFFER_UNKNOWN,
	 .class = FAIL_REJECT,
	 .text = "names an offer not made here",
	 .advice = "make a fresh handshake file with link invite"},
	{.number = REASON_OFFER_EXPIRED,
	 .class = FAIL_REJECT,
	 .text = "the offer has expired",
	 .advice = "make a fresh handshake file with link invite"},
	{.number = REASON_OFFER_USED,
	 .class = FAIL_REJECT,
	 .text = "the offer was used already",
	 .advice = "if the partner did not use it, somebody else has: make a fresh one"},
	{.number = REASON_OFFER_CLOSED,
	 .class = FAIL_REJECT,
	 .text = "the offer is closed",
	 .advice = "make a fresh handshake file with link invite"},
	{.number = REASON_PROOF,
	 .class = FAIL_TRUST,
	 .text = "wrong proof",
	 .advice = "another file or a wrong passphrase; compare both with the partner"},
	{.number = REASON_HANDSHAKE_FILE,
	 .class = FAIL_REJECT,
	 .text = "not a usable handshake file",
	 .advice = "ask the partner to hand the file over again"},
	{.number = REASON_PASSPHRASE,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "passphrase missing or unusable",
	 .advice = "ask the partner for the passphrase of this file"},
	{.number = REASON_SAME_SITE,
	 .class = FAIL_CONFIG,
	 .text = "made by this very site",
	 .advice = "join at the partner's site, or say --same-site"},

	{.number = REASON_NO_FIELD,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "no such field",
	 .advice = "make the field here or map it in the rules, then retry"},
	{.number = REASON_NO_VALUE,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "no such value",
	 .advice = "add the value to the list here or map it in the rules, then retry"},
	{.number = REASON_BAD_VALUE,
	 .class = FAIL_REJECT,
	 .text = "not a value of the field's type",
	 .advice = "the partner has to correct it, or the rules have to convert it"},
	{.number = REASON_VALUE_TOO_LARGE,
	 .class = FAIL_REJECT,
	 .text = "value too large",
	 .advice = "the partner has to shorten it, or the rules have to cut it"},
	{.number = REASON_READ_ONLY,
	 .class = FAIL_REJECT,
	 .text = "read only here",
	 .advice = "allow the change in the tracker or set on_refused for the field"},
	{.number = REASON_NO_PARENT,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "the parent is not here yet",
	 .advice = "nothing to do if it is on its way; else the partner has to share it"},
	{.number = REASON_PARENT_CYCLE,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "would be its own ancestor",
	 .advice = "choose the right parent on one side, then retry"},
	{.number = REASON_NO_CONTENT,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "the file's bytes are not here yet",
	 .advice = "nothing to do if they are on their way"},
	{.number = REASON_FILE_NAME,
	 .class = FAIL_REJECT,
	 .text = "unusable file name",
	 .advice = "the partner has to rename the file"},
	{.number = REASON_BASES_DIFFER,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "the two sides started from different values",
	 .advice = "resync the item"},
	{.number = REASON_HOLE,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "a record before this one is missing",
	 .advice = "nothing to do if it is on its way; else resync the item"},
	{.number = REASON_WAITS_BEHIND,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "waits behind a held record",
	 .advice = "see to the first held record of the item"},
	{.number = REASON_ALREADY_HERE,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "already here through another link",
	 .advice = "decide by which link it comes, then retry or drop it"},
	{.number = REASON_UNKNOWN_RECORD,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "unknown type of record",
	 .advice = "install the partner's version here, then retry"},
	{.number = REASON_TRACKER,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "the tracker refused it",
	 .advice = "see what the tracker said, correct it there, then retry"},
	{.number = REASON_ENVELOPE_REFUSED,
	 .class = FAIL_REJECT,
	 .text = "its envelope was refused",
	 .advice = "resync the items that were in it"},
	{.number = REASON_NO_ITEM,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "no such item",
	 .advice = "resync the item"},
	{.number = REASON_OPERATOR,
	 .class = FAIL_REJECT,
	 .text = "dropped by an operator",
	 .advice = "resync the item if it is wanted after all"},
	{.number = REASON_BRAKED,
	 .class = FAIL_REJECT,
	 .retry = TRUE,
	 .text = "the item waits for a yes to many deletions",
	 .advice = "say yes or restore the tracker: brake show; then it goes on by itself"},

	{.number = REASON_MAIL_AWAY,
	 .class = FAIL_RETRY,
	 .retry = TRUE,
	 .text = "the mail server can't be reached",
	 .advice = "it is tried again by itself; see network and server"},
	{.number = REASON_MAIL_CERTIFICATE,
	 .class = FAIL_CONFIG,
	 .retry = TRUE,
	 .text = "the mail server can't prove who it is",
	 .advice = "correct its certificate or host name, or name its CA by mail.ca_file"},
	{.number = REASON_MAIL_LOGIN,
	 .class = FAIL_CONFIG,
	 .retry = TRUE,
	 .text = "the mail server refuses the login",
	 .advice = "correct login or password, then link test"},
	{.number = REASON_MAIL_LATER,
	 .class = FAIL_RETRY,
	 .retry = TRUE,
	 .text = "the mail server asks to try later",
	 .advice = "it is tried again by itself"},
	{.number = REASON_MAIL_FULL,
	 .class = FAIL_RETRY,
	 .retry = TRUE,
	 .text = "a mailbox is full",
	 .advice = "make room in it, then link test"},
	{.number = REASON_MAIL_REFUSED,
	 .class = FAIL_CONFIG,
	 .retry = TRUE,
	 .text = "the mail server refuses the mail",
	 .advice = "correct the address (mail.partner), then link test"},
	{.number = REASON_MAIL_TOO_LARGE,
	 .class = FAIL_CONFIG,
	 .retry = TRUE,
	 .text = "too large for the mail server",
	 .advice = "lower mail.size"},
	{.number = REASON_MAIL_FOLDER,
	 .class = FAIL_CONFIG,
	 .retry = TRUE,
	 .text = "no such folder of the mailbox",
	 .advice = "correct the folder in mail.receive or mail.taken_folder"},
	{.number = REASON_MAIL_ANSWER,
	 .class = FAIL_RETRY,
	 .retry = TRUE,
	 .text = "the mail server can't be understood",
	 .advice = "see its log"},
	{.number = 0},
};

/* Answers of newer partners carry numbers that are not known here. */
static const reason unknown_reason = {
	.class = FAIL_REJECT,
	.text = "a reason unknown to this version",
	.advice = "install the partner's version to see it explained",
};

G_DEFINE_QUARK(handsel - fail, fail)

const reason *
reason_of(int number)
{
	for (const reason *r = reasons; r->number != 0; r++)
		if (r->number == number)
			return r;
	return &unknown_reason;
}

const reason *
reason_all(void)
{
	return reasons;
}

const char *
fail_name(fail class)
{
	static const char *const names[] = {
		[FAIL_RETRY] = "retry",   [FAIL_REJECT] = "reject", [FAIL_TRUST] = "trust",
		[FAIL_CONFIG] = "config", [FAIL_BUG] = "bug",       [FAIL_USAGE] = "usage",
	};

	return names[class];
}

void
fail_set(GError **error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autoptr(GError) e = g_error_new_valist(FAIL, code, format, args);
	va_end(args);
	g_propagate_error(error, g_steal_pointer(&e));
}

static fail
errno_class(int errnum)
{
	switch (errnum) {
	case EACCES:
	case EROFS:
	case ENOTDIR:
	case ELOOP:
		return FAIL_CONFIG;
	default:
		return FAIL_RETRY;
	}
}

/* strerror(3) calls a full disk a device; operators look for the word. */
static const char *
errno_text(int errnum)
{
	switch (errnum) {
	case ENOSPC:
		return "the disk is full; free some space there";
	case EDQUOT:
		return "the disk quota is used up; free some space there";
	default:
		return g_strerror(errnum);
	}
}

void
fail_errno(GError **error, int errnum, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	fail_set(error, (int)errno_class(errnum), "%s: %s", text, errno_text(errnum));
}

fail
fail_class(const GError *error)
{
	/* Whoever failed without saying why is broken. */
	if (error == NULL)
		return FAIL_BUG;
	if (error->domain != FAIL)
		return FAIL_RETRY;
	if (error->code >= FAIL_RETRY && error->code <= FAIL_USAGE)
		return (fail)error->code;
	return reason_of(error->code)->class;
}

gboolean
fail_is(const GError *error, int code)
{
	if (error == NULL)
		return FALSE;
	if (code >= FAIL_RETRY && code <= FAIL_USAGE)
		return fail_class(error) == (fail)code;
	return error->domain == FAIL && error->code == code;
}

int
fail_exit(const GError *error)
{
	return fail_is(error, FAIL_USAGE) ? 2 : 1;
}
