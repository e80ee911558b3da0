/*
 * changes.jsonl as it comes out of an envelope, each line merged into one item that both sides
 * share: records, answers, and what is neither.
 */
#include <unistd.h>

#include "../unit/memory_file.h"
#include "../unit/sync_kit.h"
#include "../unit/zip_of.h"
#include "fuzz.h"
#include "spool/envelope.h"

#define LIMIT (16 * 1024 * 1024)

/* What is kept between two passes is read as it was written. */
static void
check_kept(const sync_item *it)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(json_ref) kept = sync_item_to_json(it);
	g_autoptr(sync_item) same = sync_item_from_json(it->uid, kept, &why);

	g_assert_no_error(why);
	kit_assert_same(it, same);
}

static void
take_answer(kit *k, const json_t *line)
{
	sync_out out;

	sync_out_init(&out);
	sync_answer(&k->ctx[SLAVE], k->it[SLAVE], line, &out);
	sync_out_clear(&out);
}

/* As long as it leads to anything. */
static void
release(kit *k)
{
	gsize before;

	do
		before = json_array_size(k->it[SLAVE]->inq);
	while (kit_release(k, SLAVE) && json_array_size(k->it[SLAVE]->inq) < before);
}

static void
take_line(kit *k, json_t *line)
{
	const char *uid = json_str(line, "uid");

	if (g_strcmp0(uid, KIT_UID) != 0)
		return;
	if (g_strcmp0(json_str(line, "t"), "answer") == 0) {
		if (json_str(line, "code") != NULL)
			take_answer(k, line);
	} else {
		kit_receive(k, SLAVE, line);
		release(k);
	}
	check_kept(k->it[SLAVE]);
}

static void
take_lines(envelope *e)
{
	kit k;

	kit_init(&k);
	kit_share(&k);
	/* One record of ours that the partner has not seen. */
	kit_show(&k, SLAVE, "text", "\"ours\"", KIT_T1);
	kit_capture(&k, SLAVE);
	for (;;) {
		g_autoptr(GError) why = NULL;
		g_autoptr(json_ref) line = NULL;
		gboolean ok = envelope_next(e, &line, &why);

		fuzz_outcome(ok, &why);
		if (!ok || line == NULL)
			break;
		take_line(&k, line);
	}
	kit_clear(&k);
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
