#include "pgp/helper_status.h"

#include <string.h>

#include "base/fail.h"
#include "base/mutant.h"
#include "base/u64.h"

#define PREFIX     "[GNUPG:] "
#define PREFIX_LEN (sizeof PREFIX - 1)
#define WORDS_MAX  12   /* of a line: those that are looked at */
#define LOOK_MAX   1024 /* bytes of a line that are looked at; names of people may be longer */
#define KEY_ID_LEN 16

#define VALID_WORDS   10 /* of VALIDSIG, its last the primary key */
#define VALID_CLASS   8
#define MISSING_KEY   "9" /* of ERRSIG */
#define NO_PROTECTION "0"

typedef struct {
	const char *const *words; /* behind the keyword */
	guint n;
} line;

static const char *
word(const line *l, guint i)
{
	return i < l->n ? l->words[i] : "";
}

static gboolean
is_hex(const char *text, gsize len)
{
	return strlen(text) == len && strspn(text, "0123456789ABCDEF") == len;
}

static void
complain(helper_status *s, const char *text)
{
	if (s->complaint == NULL)
		s->complaint = text;
}

/* Of what counts only inside the encryption, if there is one. */
static void
mark_place(helper_status *s)
{
	if (s->begun == s->ended)
		s->outside++;
}

static void
first_signature(helper_status *s, helper_signature is, const char *trouble)
{
	if (s->good + s->other > 0)
		return;
	s->first = is;
	s->trouble = trouble;
}

/* ---- one function a keyword ---- */

static void
note_recipient(helper_status *s, const line *l G_GNUC_UNUSED)
{
	s->recipients++;
}

static void
note_begin(helper_status *s, const line *l G_GNUC_UNUSED)
{
	if (s->begun != s->ended)
		complain(s, "one encryption within another");
	s->begun++;
}

static void
note_end(helper_status *s, const line *l G_GNUC_UNUSED)
{
	s->ended++;
}

/* The second word is the cipher; the others say how the bytes are protected. */
static void
note_information(helper_status *s, const line *l)
{
	gboolean authenticated = l->n > 2 && !g_str_equal(word(l, 2), NO_PROTECTION);

	if (g_str_equal(word(l, 0), NO_PROTECTION) && !authenticated)
		s->unprotected++;
}

static void
note_decrypted(helper_status *s, const line *l G_GNUC_UNUSED)
{
	mark_place(s);
	s->decrypted++;
}

static void
note_intact(helper_status *s, const line *l G_GNUC_UNUSED)
{
	mark_place(s);
	s->intact++;
}

static void
note_plain(helper_status *s, const line *l G_GNUC_UNUSED)
{
	mark_place(s);
	s->plain++;
}

static void
note_fresh(helper_status *s, const line *l G_GNUC_UNUSED)
{
	mark_place(s);
	s->fresh++;
}

static void
note_good(helper_status *s, const line *l)
{
	mark_place(s);
	first_signature(s, SIGNATURE_GOOD, NULL);
	s->good++;
	g_strlcpy(s->name, word(l, 0), sizeof s->name);
}

static void
note_valid(helper_status *s, const line *l)
{
	const char *class = word(l, VALID_CLASS);

	mark_place(s);
	s->valid++;
	if (l->n < VALID_WORDS || !is_hex(word(l, 0), HELPER_STATUS_FPR) ||
	    !is_hex(word(l, VALID_WORDS - 1), HELPER_STATUS_FPR))
		complain(s, "a signature by a key of an unknown form");
	else if (!g_str_equal(class, "00") && !g_str_equal(class, "01"))
		complain(s, "a signature that is not of a document");
	g_strlcpy(s->key, word(l, 0), sizeof s->key);
	g_strlcpy(s->primary, word(l, VALID_WORDS - 1), sizeof s->primary);
}

static void
note_other(helper_status *s, const char *trouble)
{
	mark_place(s);
	first_signature(s, SIGNATURE_BAD, trouble);
	s->other++;
}

static void
note_bad(helper_status *s, const line *l G_GNUC_UNUSED)
{
	note_other(s, "bad signature");
}

static void
note_expired_signature(helper_status *s, const line *l G_GNUC_UNUSED)
{
	note_other(s, "signature expired");
}

static void
note_expired_key(helper_status *s, const line *l G_GNUC_UNUSED)
{
	note_other(s, "key expired");
}

static void
note_revoked_key(helper_status *s, const line *l G_GNUC_UNUSED)
{
	note_other(s, "key revoked");
}

/* Key id, two algorithms, class, time, why, fingerprint. */
static void
note_unchecked(helper_status *s, const line *l)
{
	gboolean missing = g_str_equal(word(l, 5), MISSING_KEY);
	const char *key = is_hex(word(l, 6), HELPER_STATUS_FPR) ? word(l, 6)
			  : is_hex(word(l, 0), KEY_ID_LEN)      ? word(l, 0)
								: "";

	mark_place(s);
	first_signature(s, missing ? SIGNATURE_UNJUDGED : SIGNATURE_BAD, "it can't be checked");
	if (s->good + s->other == 0)
		g_strlcpy(s->name, key, sizeof s->name);
	s->other++;
}

static void
note_damage(helper_status *s, const line *l G_GNUC_UNUSED)
{
	complain(s, "the message is damaged");
}

static void
note_failed(helper_status *s, const line *l G_GNUC_UNUSED)
{
	complain(s, "decryption failed");
}

static void
note_no_data(helper_status *s, const line *l G_GNUC_UNUSED)
{
	complain(s, "no data");
}

static void
note_unexpected(helper_status *s, const line *l G_GNUC_UNUSED)
{
	complain(s, "there is more than one message");
}

/* gpg tells a good signature even where it goes on to complain that more follows. */
static void
note_error(helper_status *s, const line *l)
{
	if (g_str_has_prefix(word(l, 0), "proc_pkt."))
		complain(s, "there is more than one message");
	else if (g_str_has_prefix(word(l, 0), "decryption."))
		complain(s, "decryption failed");
}

static void
note_unfit(helper_status *s, const line *l)
{
	static const char *const reasons[] = {
		"unusable", "not found", "ambiguous", "not made for this", "revoked",
		"expired",  "unusable",  "unusable",  "against policy",    "no secret key",
	};
	guint64 reason = 0;

	if (s->unfit != NULL)
		return;
	if (!u64_parse(word(l, 0), G_N_ELEMENTS(reasons) - 1, &reason))
		reason = 0;
	s->unfit = reasons[reason];
	g_strlcpy(s->unfit_key, is_hex(word(l, 1), HELPER_STATUS_FPR) ? word(l, 1) : "?",
		  sizeof s->unfit_key);
}

static void
note_created(helper_status *s, const line *l G_GNUC_UNUSED)
{
	s->created++;
}

static void
note_encrypted(helper_status *s, const line *l G_GNUC_UNUSED)
{
	s->encrypted++;
}

/* What is not here is news that changes nothing: which keys gpg considers, whom it trusts. */
static const struct {
	const char *keyword;
	void (*note)(helper_status *, const line *);
} keywords[] = {
	{"ENC_TO", note_recipient},
	{"BEGIN_DECRYPTION", note_begin},
	{"END_DECRYPTION", note_end},
	{"DECRYPTION_INFO", note_information},
	{"DECRYPTION_OKAY", note_decrypted},
	{"DECRYPTION_FAILED", note_failed},
	{"GOODMDC", note_intact},
	{"BADMDC", note_damage},
	{"PLAINTEXT", note_plain},
	{"NEWSIG", note_fresh},
	{"GOODSIG", note_good},
	{"VALIDSIG", note_valid},
	{"BADSIG", note_bad},
	{"ERRSIG", note_unchecked},
	{"EXPSIG", note_expired_signature},
	{"EXPKEYSIG", note_expired_key},
	{"REVKEYSIG", note_revoked_key},
	{"NODATA", note_no_data},
	{"BADARMOR", note_damage},
	{"UNEXPECTED", note_unexpected},
	{"ERROR", note_error},
	{"INV_SGNR", note_unfit},
	{"INV_RECP", note_unfit},
	{"SIG_CREATED", note_created},
	{"END_ENCRYPTION", note_encrypted},
};

/* ---- lines ---- */

/* The next line from *AT on, without its end; FALSE if there is none, or its end is missing. */
static gboolean
next_line(const char *text, gsize len, gsize *at, const char **ret, gsize *ret_len)
{
	const char *from = text + *at;
	const char *end = *at < len ? memchr(from, '\n', len - *at) : NULL;

	if (end == NULL)
		return FALSE;
	*ret = from;
	*ret_len = (gsize)(end - from);
	*at += *ret_len + 1;
	return TRUE;
}

static void
note_line(helper_status *s, const char *from, gsize len)
{
	if (len < PREFIX_LEN || memcmp(from, PREFIX, PREFIX_LEN) != 0 ||
	    memchr(from, '\0', len) != NULL) {
		complain(s, "gpg answers in an unknown way");
		return;
	}
	g_autofree char *text = g_strndup(from + PREFIX_LEN, MIN(len - PREFIX_LEN, LOOK_MAX));
	g_auto(GStrv) words = g_strsplit(text, " ", WORDS_MAX);
	const line l = {(const char *const *)words + (words[0] != NULL),
			words[0] == NULL ? 0 : g_strv_length(words) - 1};

	for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++)
		if (g_strcmp0(words[0], keywords[i].keyword) == 0)
			keywords[i].note(s, &l);
}

void
helper_status_read(const char *text, gsize len, helper_status *ret)
{
	const char *from;
	gsize at = 0, n;

	*ret = (helper_status){0};
	while (next_line(text, len, &at, &from, &n))
		note_line(ret, from, n);
	if (at < len)
		complain(ret, "gpg did not finish what it said");
}

static gboolean
is_line(const char *from, gsize len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(from, wanted, len) == 0;
}

gboolean
helper_status_read_file(const char *text, gsize len, gsize *at, const char *name,
			helper_status *ret)
{
	static const char done[] = PREFIX "FILE_DONE";
	/* 3: decrypting */
	g_autofree char *start = g_strconcat(PREFIX "FILE_START 3 ", name, NULL);
	gsize here = *at, n, begin, end;
	const char *from;

	if (!next_line(text, len, &here, &from, &n) || !is_line(from, n, start))
		return FALSE;
	begin = end = here;
	while (next_line(text, len, &here, &from, &n)) {
		if (is_line(from, n, done)) {
			helper_status_read(text + begin, end - begin, ret);
			*at = here;
			return TRUE;
		}
		end = here;
	}
	return FALSE;
}

/* ---- verdicts ---- */

static gboolean
judge_bad(const helper_status *s, char **ret_signer, GError **error)
{
	if (s->first != SIGNATURE_UNJUDGED) {
		fail_set(error, REASON_BAD_SIGNATURE, "the signature: %s", s->trouble);
		return FALSE;
	}
	fail_set(error, REASON_UNKNOWN_SIGNER, "signed by %s, which is not the partner's key",
		 *s->name == '\0' ? "an unknown key" : s->name);
	if (is_hex(s->name, HELPER_STATUS_FPR))
		*ret_signer = g_strdup(s->name);
	return FALSE;
}

/* The one signature is called good: is it, and whose is it? */
static gboolean
judge_good(const helper_status *s, char *const *signers, char **ret_signer, GError **error)
{
	gsize len = strlen(s->name);

	if (s->valid != 1 || !is_hex(s->key, HELPER_STATUS_FPR) || len < KEY_ID_LEN ||
	    !g_str_has_suffix(s->key, s->name)) {
		fail_set(error, REASON_BAD_SIGNATURE, "the signature: gpg contradicts itself");
		return FALSE;
	}
	*ret_signer = g_strdup(s->primary);
	if (mutant("signer") || g_strv_contains((const char *const *)signers, s->primary))
		return TRUE;
	fail_set(error, REASON_UNKNOWN_SIGNER, "signed by %s, which is not the partner's key",
		 s->primary);
	return FALSE;
}

/* Is everything there that a whole message has, and nothing else? */
static gboolean
check_whole(const helper_status *s, gboolean clean, gboolean encrypted, GError **error)
{
	const char *why = s->complaint;
	guint once = encrypted ? 1 : 0;

	if (why == NULL &&
	    (s->plain != 1 || s->begun != once || s->ended != once || s->decrypted != once ||
	     s->intact != once || s->unprotected != 0 || (encrypted && s->outside != 0)))
		why = "it is not one whole message";
	if (why == NULL && !clean)
		why = "gpg ended with an error";
	if (why != NULL)
		fail_set(error, encrypted ? REASON_CANNOT_DECRYPT : REASON_BAD_SIGNATURE, "%s: %s",
			 encrypted ? "cannot decrypt" : "cannot verify", why);
	return why == NULL;
}

static gboolean
check_recipients(const helper_status *s, GError **error)
{
	if (s->recipients > 0)
		return TRUE;
	fail_set(error, REASON_PROTECTION, "the message is not encrypted to our key");
	return FALSE;
}

gboolean
helper_status_judge(const helper_status *s, gboolean clean, gboolean encrypted,
		    char *const *signers, char **ret_signer, GError **error)
{
	guint signatures = MAX(s->fresh, MAX(s->good + s->other, s->valid));

	if (s->other > 0 && mutant("signature")) {
		*ret_signer = g_strdup(signers[0]);
		return TRUE;
	}
	/* A bad signature is told as such, whatever else gpg complains of. */
	if (s->other > 0 && signatures == 1)
		return judge_bad(s, ret_signer, error);
	if (s->other == 0 && (!check_whole(s, clean, encrypted, error) ||
			      (encrypted && !check_recipients(s, error))))
		return FALSE;
	if (signatures != 1) {
		fail_set(error, signatures == 0 ? REASON_UNSIGNED : REASON_BAD_SIGNATURE, "%s",
			 signatures == 0 ? "there is no signature" : "more than one signature");
		return FALSE;
	}
	return judge_good(s, signers, ret_signer, error);
}

gboolean
helper_status_decrypted(const helper_status *s, gboolean clean, GError **error)
{
	return check_whole(s, clean, TRUE, error) && check_recipients(s, error);
}

gboolean
helper_status_sealed(const helper_status *s, gboolean clean, gboolean encrypted, GError **error)
{
	if (s->unfit != NULL)
		fail_set(error, FAIL_CONFIG, "cannot seal by key %s: %s", s->unfit_key, s->unfit);
	else if (!clean || s->created != 1 || s->encrypted != (encrypted ? 1 : 0) ||
		 s->complaint != NULL)
		fail_set(error, FAIL_RETRY, "cannot seal: gpg could not %s",
			 s->created == 0 ? "sign" : "encrypt");
	else
		return TRUE;
	return FALSE;
}
