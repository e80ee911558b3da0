/*
 * R, by which a side begins anew: each line of the input is an item of its summary, or what another
 * R says of its sender.  One item is there on this side, too, and is paired with what is told of
 * it.
 */
#include <unistd.h>

#include "../unit/memory_file.h"
#include "../unit/sync_kit.h"
#include "../unit/zip_of.h"
#include "base/clock.h"
#include "fuzz.h"
#include "gateway/rebase_wire.h"
#include "spool/envelope.h"

#define LIMIT  (16 * 1024 * 1024)
#define MINE   "mmmmmmmmmm0123456789abcdef"
#define THEIRS "tttttttttt0123456789abcdef"

/* ---- its lines ---- */

/* What is told is taken, and told again as the same. */
static void
check_written(const store_summary *one)
{
	g_autoptr(json_ref) written = rebase_line(one);
	g_autofree char *text = json_text(written);
	g_autoptr(json_ref) line = json_read(text, strlen(text), NULL);
	store_summary same;

	g_assert_nonnull(line);
	g_assert_true(rebase_line_read(line, &same));
	g_assert_cmpstr(one->uid, ==, same.uid);
	g_assert_cmpstr(one->sum, ==, same.sum);
	g_assert_cmpstr(one->id, ==, same.id);
	g_assert_cmpuint(one->gen, ==, same.gen);
}

/* Both have it: a generation begins, with one record at most, and nothing is deleted. */
static void
pair(kit *k, const store_summary *theirs)
{
	sync_item *it = k->it[SLAVE];
	guint64 gen = MAX(it->gen, theirs->gen) + 1;
	g_autoptr(GError) why = NULL;
	sync_out out;

	sync_freeze(&k->ctx[SLAVE], it, k->shows[SLAVE]);
	g_autofree char *mine = sync_sum(it);
	g_assert_true(sync_sum_live(mine));
	sync_out_init(&out);
	sync_pair(&k->ctx[SLAVE], it, gen, mine, theirs->sum, &out);
	gboolean same = g_str_equal(mine, theirs->sum);
	g_assert_cmpuint(out.lines->len, ==, same ? 0 : 1);
	g_assert_cmpuint(it->gen, ==, gen);
	g_assert_cmpuint(it->own, ==, same ? 0 : 1);
	g_assert_cmpuint(it->seen + it->acked, ==, 0);
	g_assert_true(sync_alive(it));
	sync_out_clear(&out);
	g_autoptr(json_ref) kept = sync_item_to_json(it);
	g_autoptr(sync_item) again = sync_item_from_json(it->uid, kept, &why);
	kit_assert_same(it, again);
}

/* ---- what it says of its sender ---- */

typedef struct {
	rebase *r;
	char *mine, *with;
} side;

static void
open_side(side *s)
{
	g_autofree char *before = s->mine;

	rebase_begin(s->r, before, s->with, clock_now());
	s->mine = g_strdup(MINE);
	g_clear_pointer(&s->with, g_free);
}

/* As a link does; who is asked says yes. */
static void
hear(side *s, const rebase_word *w)
{
	switch (rebase_hear(s->r, s->mine, s->with, w)) {
	case REBASE_PAIR:
		g_assert_true(s->r->open);
		g_assert_cmpstr(w->with, ==, s->mine);
		rebase_paired(s->r, w->epoch, clock_now());
		g_free(s->with);
		s->with = g_strdup(w->epoch);
		break;
	case REBASE_NAME:
		g_assert_true(s->r->open);
		rebase_named(s->r, w->epoch, clock_now());
		break;
	case REBASE_ASK:
		g_assert_false(s->r->open);
		g_assert_cmpstr(w->with, ==, s->mine);
		g_free(s->r->asked);
		s->r->asked = g_strdup(w->epoch);
		open_side(s);
		break;
	case REBASE_TELL:
	case REBASE_REMIND:
		rebase_due(s->r, FALSE, 60, clock_now());
		break;
	case REBASE_STOP:
		g_assert_false(s->r->open);
		rebase_stopped(s->r, w->epoch);
		break;
	case REBASE_NOTHING:
		break;
	}
	g_autoptr(json_ref) kept = rebase_to_json(s->r);
	g_autoptr(rebase) same = rebase_from_json(kept);
	g_assert_nonnull(same);
	g_autoptr(json_ref) again = rebase_to_json(same);
	g_assert_true(json_equal(kept, again));
}

/* LINE over a good manifest of an R. */
static manifest *
head(const json_t *line)
{
	const zip_entry good = zip_manifest();
	g_autoptr(json_ref) j = json_read(good.data, good.size, NULL);

	json_object_del(j, "number");
	json_put(j, "kind", kind_name(KIND_REBASE));
	json_object_update(j, (json_t *)line);
	return manifest_from_json(j, NULL);
}

static void
take_head(side *s, const json_t *line)
{
	g_autoptr(manifest) m = head(line);
	g_autoptr(GError) why = NULL;
	rebase_word word;

	if (m == NULL)
		return;
	gboolean ok = rebase_word_read(m, &word, &why);
	fuzz_outcome(ok, &why);
	if (ok)
		hear(s, &word);
}

/* ---- all of it ---- */

static void
take_line(kit *k, side *s, const json_t *line)
{
	store_summary one;

	if (g_strcmp0(json_str(line, "t"), "item") != 0) {
		take_head(s, line);
		return;
	}
	if (!rebase_line_read(line, &one))
		return;
	g_assert_cmpuint(one.gen, <, G_MAXINT64);
	check_written(&one);
	if (g_str_equal(one.uid, KIT_UID))
		pair(k, &one);
}

static void
take_lines(envelope *e)
{
	side s = {rebase_new(), g_strdup("before"), g_strdup(THEIRS)};
	kit k;

	kit_init(&k);
	kit_share(&k);
	kit_show(&k, SLAVE, "text", "\"ours\"", KIT_T1);
	for (;;) {
		g_autoptr(GError) why = NULL;
		g_autoptr(json_ref) line = NULL;
		gboolean ok = envelope_next(e, &line, &why);

		fuzz_outcome(ok, &why);
		if (!ok || line == NULL)
			break;
		take_line(&k, &s, line);
	}
	kit_clear(&k);
	rebase_free(s.r);
	g_free(s.mine);
	g_free(s.with);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	zip_entry entries[] = {zip_manifest(), zip_entry_of("changes.jsonl", data, size)};
	g_autoptr(GByteArray) zip = zip_of(entries, G_N_ELEMENTS(entries));
	int fd = memory_file(zip->data, zip->len);
	g_autoptr(envelope) e = envelope_open(fd, LIMIT, &why);

	g_assert_no_error(why);
	take_lines(e);
	g_clear_pointer(&e, envelope_close);
	close(fd);
	return 0;
}
