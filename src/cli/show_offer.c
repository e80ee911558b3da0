#include "cli/show_offer.h"

#include "base/clock.h"
#include "base/u64.h"
#include "cli/print.h"
#include "cli/show.h"
#include "contract/contract.h"

#define DAY            (24 * 60 * 60)
#define CLOSE          120 /* seconds two clocks may differ without a word */
#define HARMLESS_AHEAD DAY /* seconds; more is a clock to be looked after */
#define INDENT         "                 "

/* "just now", "3 d ago", "12 min ahead of this clock: harmless"; caller frees. */
static char *
distance_text(gint64 made)
{
	gint64 ago = clock_now() - made;
	g_autofree char *age = u64_age_text(ABS(ago));

	if (ABS(ago) < CLOSE)
		return g_strdup("just now");
	if (ago > 0)
		return g_strdup_printf("%s ago by this clock", age);
	return g_strdup_printf("%s ahead of this clock: %s", age,
			       -ago <= HARMLESS_AHEAD ? "harmless" : "set the clock that is wrong");
}

static char *
validity_text(const offer *o)
{
	g_autofree char *until = show_date(o->expires);
	g_autofree char *span = u64_age_text(o->expires - o->made);

	return clock_now() > o->expires ? g_strdup_printf("EXPIRED %s", until)
					: g_strdup_printf("%s, until %s", span, until);
}

/* "title description ..., comments, files" of the offered contract; caller frees. */
static char *
fields_text(const offer *o)
{
	g_autoptr(contract) contract = contract_from_json(o->contract, NULL);

	return contract != NULL ? contract_summary(contract) : g_strdup("a contract unknown here");
}

static gboolean
field_policy(const contract *c, const char *kind, policy p, GString *out)
{
	g_autoptr(GPtrArray) fields = contract_fields(c, kind);
	gboolean any = FALSE;

	for (guint i = 0; i < fields->len; i++) {
		const contract_field *f = fields->pdata[i];

		if (f->policy != p)
			continue;
		g_string_append_printf(out, "%s%s", any ? " " : "", f->name);
		any = TRUE;
	}
	return any;
}

/* One line a policy: what it decides, and the fields it is for. */
static void
print_policies(const offer *o)
{
	static const char *const meaning[POLICY_COUNT] = {
		[POLICY_LATEST] = "the latest edit wins",  [POLICY_FIRST] = "the first edit wins",
		[POLICY_MASTER] = "the master wins",       [POLICY_SLAVE] = "the slave wins",
		[POLICY_OWNER] = "the field's owner wins", [POLICY_MERGE] = "both edits are merged",
		[POLICY_HOLD] = "a person decides",
	};
	g_autoptr(contract) c = contract_from_json(o->contract, NULL);
	const char *kind, *title = "  Conflicts      ";
	json_t *unused;

	if (c == NULL)
		return;
	json_object_foreach (json_object_get(o->contract, "kinds"), kind, unused)
		for (int p = 0; p < POLICY_COUNT; p++) {
			g_autoptr(GString) fields = g_string_new(NULL);

			if (!field_policy(c, kind, (policy)p, fields))
				continue;
			print_wrapped(title, "%s: %s", meaning[p], fields->str);
			title = INDENT;
		}
	print_wrapped(title, "what loses is kept in the conflict list");
}

void
show_offer(const offer *o, guint words)
{
	g_autofree char *made = show_moment(o->made);
	g_autofree char *distance = distance_text(o->made);
	g_autofree char *validity = validity_text(o);
	g_autofree char *fields = fields_text(o);
	g_autofree char *read = pgp_fpr_words(o->master, words);
	g_autofree char *groups = pgp_fpr_text(o->master);

	print_line("Handshake file from site %s", o->site);
	print_wrapped("  Made           ", "%s, %s", made, distance);
	print_wrapped("  Valid          ", "%s%s", validity,
		      o->salt != NULL ? ", needs a passphrase" : "");
	print_wrapped("  For            ", "%s",
		      *o->description != '\0' ? o->description : "no description");
	print_wrapped("  Envelopes      ", "by %s, %s", o->channel,
		      g_str_equal(o->protect, "encrypt") ? "encrypted"
							 : "signed only: anyone can read them");
	if (o->address != NULL)
		print_wrapped("  Address        ", "%s", o->address);
	print_wrapped("  They propose   ", "%s", fields);
	print_policies(o);
	print_wrapped("  Their key      ", "%s", read);
	print_wrapped(INDENT, "%s", groups);
}

json_t *
show_offer_json(const offer *o)
{
	json_t *one = json_object();
	g_autofree char *made = clock_stamp(o->made), *expires = clock_stamp(o->expires);
	g_autofree char *fields = fields_text(o);
	g_autofree char *words = pgp_fpr_words(o->master, PGP_FPR_LEN / 2);

	show_put(one, "site", o->site);
	show_put(one, "description", o->description);
	show_put(one, "channel", o->channel);
	show_put(one, "protect", o->protect);
	show_put(one, "address", o->address);
	show_put(one, "made", made);
	show_put(one, "expires", expires);
	json_object_set_new(one, "expired", json_boolean(clock_now() > o->expires));
	json_object_set_new(one, "passphrase", json_boolean(o->salt != NULL));
	show_put(one, "fingerprint", o->master);
	show_put(one, "words", words);
	show_put(one, "fields", fields);
	json_object_set(one, "contract", o->contract);
	return one;
}
