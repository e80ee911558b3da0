/*
 * The zip inside an envelope: what it unpacks to keeps its limit, and files are what their names
 * say.  Any bytes; or, behind MADE, entries of a zip that is made of them, whose sums fit:
 *   how (see below), length (2 bytes, the lower first), bytes
 * OTHER_NAME has a length (1 byte) and a name behind HOW.
 */
#include <unistd.h>

#include "../unit/memory_file.h"
#include "../unit/zip_of.h"
#include "base/fsio.h"
#include "fuzz.h"
#include "spool/envelope.h"

#define LIMIT     (1024 * 1024)
#define FILES_MAX 3 /* that are extracted: each is made durable */

#define MADE        "made"
#define ENTRIES_MAX 16

/* How an entry is made; its name by the lowest two bits. */
enum {
	NAMED_MANIFEST,
	NAMED_LINES,
	NAMED_FILE, /* by its hash */
	OTHER_NAME,
	NAMES = 3,
	DEFLATED = 4,
	WRONG_SUM = 8,
	WRONG_SIZE = 16,
	ENCRYPTED = 32,
	NO_BYTES = 64, /* but the good manifest, for NAMED_MANIFEST */
	OTHER_METHOD = 128
};

/* How many good lines it has. */
static guint
read_lines(envelope *e)
{
	guint count = 0;

	for (;;) {
		g_autoptr(GError) why = NULL;
		g_autoptr(json_ref) line = NULL;
		gboolean ok = envelope_next(e, &line, &why);

		fuzz_outcome(ok, &why);
		if (!ok || line == NULL)
			return count;
		g_assert_true(json_is_object(line));
		count++;
	}
}

static void
extract(envelope *e)
{
	g_autofree char *path = fuzz_place("files");
	GPtrArray *files = envelope_files(e);

	g_assert_true(fsio_mkdirs(path, 0700, NULL));
	int dir = fsio_open_dir(path, NULL);
	for (guint i = 0; i < MIN(files->len, FILES_MAX); i++) {
		g_autoptr(GError) why = NULL;
		gboolean ok = envelope_extract(e, files->pdata[i], dir, &why);

		fuzz_outcome(ok, &why);
		g_assert_cmpint(ok, ==, fsio_exists(dir, files->pdata[i]));
		if (!ok)
			continue;
		int fd = fsio_open_own(dir, files->pdata[i], NULL);
		guint64 size = 0;
		g_autofree char *sha = fsio_sha(fd, &size, NULL);
		g_assert_cmpstr(sha, ==, files->pdata[i]);
		g_assert_cmpuint(size, <=, LIMIT);
		close(fd);
	}
	close(dir);
	g_assert_true(fsio_remove_tree(path, NULL));
}

/* ---- making one ---- */

typedef struct {
	const uint8_t *at, *end;
} reader;

/* Up to LEN bytes, and how many there are. */
static const uint8_t *
take(reader *r, gsize len, gsize *ret_len)
{
	const uint8_t *from = r->at;

	*ret_len = MIN(len, (gsize)(r->end - r->at));
	r->at += *ret_len;
	return from;
}

static guint
take_number(reader *r, guint bytes)
{
	guint n = 0;
	gsize len;
	const uint8_t *from = take(r, bytes, &len);

	for (gsize i = len; i > 0; i--)
		n = n << 8 | from[i - 1];
	return n;
}

/* NAMES owns what was made for it. */
static zip_entry
take_entry(reader *r, GPtrArray *names)
{
	guint how = take_number(r, 1);
	gsize len, other_len = 0;
	const uint8_t *other =
		(how & NAMES) == OTHER_NAME ? take(r, take_number(r, 1), &other_len) : NULL;
	const uint8_t *bytes = take(r, (how & NO_BYTES) != 0 ? 0 : take_number(r, 2), &len);
	g_autofree char *sha = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, len);
	const char *name = (how & NAMES) == NAMED_LINES ? "changes.jsonl" : "manifest.json";

	if ((how & NAMES) == NAMED_FILE)
		g_ptr_array_add(names, (gpointer)(name = g_strconcat("files/", sha, NULL)));
	zip_entry e = (how & (NO_BYTES | NAMES)) == NO_BYTES ? zip_manifest()
							     : zip_entry_of(name, bytes, len);
	if (other != NULL) {
		e.name = (const char *)other;
		e.name_len = other_len;
	}
	e.method = (how & DEFLATED) != 0 ? 8 : (how & OTHER_METHOD) != 0 ? 12 : 0;
	e.flags = (how & ENCRYPTED) != 0;
	e.crc += (how & WRONG_SUM) != 0;
	e.claims += (how & WRONG_SIZE) != 0 ? (guint32)(how * LIMIT / 8) : 0;
	return e;
}

static GByteArray *
make(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	zip_entry entries[ENTRIES_MAX];
	reader r = {data, data + size};
	guint count = 0;

	while (r.at < r.end && count < ENTRIES_MAX)
		entries[count++] = take_entry(&r, names);
	return zip_of(entries, count);
}

/* ---- reading it ---- */

static void
read_whole(const void *data, gsize size)
{
	g_autoptr(GError) why = NULL;
	int fd = memory_file(data, size);
	g_autoptr(envelope) e = envelope_open(fd, LIMIT, &why);

	fuzz_outcome(e != NULL, &why);
	if (e != NULL) {
		g_assert_nonnull(envelope_manifest(e));
		guint count = read_lines(e);
		if (envelope_rewind(e, NULL))
			g_assert_cmpuint(read_lines(e), ==, count);
		extract(e);
	}
	g_clear_pointer(&e, envelope_close);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t skip = sizeof MADE - 1;

	if (size < skip || memcmp(data, MADE, skip) != 0) {
		read_whole(data, size);
		return 0;
	}
	g_autoptr(GByteArray) zip = make(data + skip, size - skip);
	read_whole(zip->data, zip->len);
	return 0;
}
