#include "spool/envelope.h"

#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "zip_of.h"

#define LINK  "01j9x4ab0123456789abcdefgh"
#define EPOCH "zzzzzzzzzz0123456789abcdef"
#define FROM  "0123456789ABCDEF0123456789ABCDEF01234567"
#define LIMIT (64 * 1024 * 1024)

static const char good_manifest[] =
	"{\"format\":\"1.0\",\"link\":\"" LINK "\",\"from\":\"" FROM "\",\"role\":\"master\","
	"\"epoch\":\"" EPOCH "\",\"kind\":\"changes\",\"number\":1,\"protect\":\"sign\"}";

typedef struct {
	char *path;
	int dir;
} place;

static place
place_new(void)
{
	char *path = g_dir_make_tmp("handsel-XXXXXX", NULL);

	return (place){path, fsio_open_dir(path, NULL)};
}

static void
place_free(place *p)
{
	close(p->dir);
	fsio_remove_tree(p->path, NULL);
	g_free(p->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_free)

static guint
files_in(const place *p)
{
	g_autoptr(GPtrArray) names = fsio_list(p->dir, 1000, NULL);

	return names->len;
}

/* Zips made by hand, so that they can lie. */
typedef struct {
	const char *name, *data;
	gssize len;          /* -1: strlen(data) */
	guint method, flags; /* method 8: DATA is packed as one block of deflate that is not */
	gint64 size;         /* what the directory says; -1: the truth */
	gboolean wrong_crc;
} entry;

#define ENTRY(n, d)                                                                                \
	{                                                                                          \
		.name = (n), .data = (d), .len = -1, .size = -1                                    \
	}

/* One block of deflate that is not packed (RFC 1951, 3.2.4). */
static GByteArray *
deflate(const char *data, gsize len)
{
	GByteArray *ret = g_byte_array_new();
	const guint8 head[] = {1, (guint8)len, (guint8)(len >> 8), (guint8)~len,
			       (guint8)(~len >> 8)};

	g_byte_array_append(ret, head, sizeof head);
	return g_byte_array_append(ret, (const guint8 *)data, (guint)len);
}

static GByteArray *
craft(const entry *entries, guint n)
{
	g_autofree zip_entry *all = g_new(zip_entry, n);
	g_autoptr(GPtrArray) packed =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);

	for (guint i = 0; i < n; i++) {
		const entry *e = &entries[i];
		gsize len = e->len < 0 ? strlen(e->data) : (gsize)e->len;

		all[i] = zip_entry_of(e->name, e->data, len);
		all[i].method = e->method;
		all[i].flags = e->flags;
		all[i].crc += e->wrong_crc ? 1 : 0;
		if (e->size >= 0)
			all[i].claims = (guint64)e->size;
		if (e->method != 8)
			continue;
		GByteArray *block = deflate(e->data, len);
		g_ptr_array_add(packed, block);
		all[i].data = block->data;
		all[i].size = block->len;
	}
	return zip_of(all, n);
}

/* Reads all there is of the zip; the code of the error, or 0.  There is one error or none. */
static int
read_all(const place *p, const guint8 *bytes, gsize len, guint64 limit)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;
	int fd = fsio_tmp(p->dir, &name, NULL);

	g_assert_true(fsio_write_all(fd, bytes, len, NULL));
	g_assert_true(fsio_remove(p->dir, name, NULL));
	g_autoptr(envelope) e = envelope_open(fd, limit, &error);
	gboolean ok = e != NULL;
	json_t *j = NULL;
	g_assert_true(ok == (error == NULL));
	do {
		g_autoptr(json_ref) line = j = NULL;

		ok = ok && envelope_next(e, &j, &error);
		line = j;
		g_assert_true(ok == (error == NULL));
	} while (ok && j != NULL);
	for (guint i = 0; ok && i < envelope_files(e)->len; i++) {
		const char *sha = envelope_files(e)->pdata[i];

		ok = envelope_extract(e, sha, p->dir, &error);
		g_assert_true(ok == (error == NULL));
		g_assert_true(ok == fsio_exists(p->dir, sha));
		fsio_remove(p->dir, sha, NULL);
	}
	close(fd);
	return ok ? 0 : error->code;
}

static int
read_crafted(const entry *entries, guint n, guint64 limit)
{
	g_auto(place) p = place_new();
	g_autoptr(GByteArray) zip = craft(entries, n);
	int code = read_all(&p, zip->data, zip->len, limit);

	g_assert_cmpuint(files_in(&p), ==, 0);
	return code;
}

#define HELLO_SHA "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define EMPTY_SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void
crafted_zips_can_be_good(void)
{
	const entry good[] = {ENTRY("manifest.json", good_manifest),
			      ENTRY("changes.jsonl", "{}\n{\"a\":1}"),
			      ENTRY("files/" HELLO_SHA, "hello"), ENTRY("files/" EMPTY_SHA, "")};

	g_assert_cmpint(read_crafted(good, 4, LIMIT), ==, 0);
	g_assert_cmpint(read_crafted(good, 1, LIMIT), ==, 0);
	entry packed[4];
	memcpy(packed, good, sizeof packed);
	for (guint i = 0; i < 4; i++)
		packed[i].method = 8;
	g_assert_cmpint(read_crafted(packed, 4, LIMIT), ==, 0);
}

/* A good manifest and ENTRY beside it. */
static int
read_with(entry bad)
{
	const entry entries[] = {ENTRY("manifest.json", good_manifest), bad};

	return read_crafted(entries, 2, LIMIT);
}

static void
only_names_of_an_envelope_are_taken(void)
{
	static const char *const names[] = {"../evil",
					    "/etc/passwd",
					    "manifest.json ",
					    "Manifest.json",
					    "files/",
					    "files/../" HELLO_SHA,
					    "files/2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E"
					    "73043362938B9824",
					    "files/" HELLO_SHA "0",
					    "files\\" HELLO_SHA,
					    "",
					    "\xff\xfe"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpint(read_with((entry)ENTRY(names[i], "hello")), ==, REASON_ZIP);
	g_assert_cmpint(read_with((entry)ENTRY("manifest.json", good_manifest)), ==, REASON_ZIP);
}

static void
lies_about_an_entry_are_noticed(void)
{
	for (guint method = 0; method <= 8; method += 8) {
		entry e = ENTRY("files/" HELLO_SHA, "hello");

		e.method = method;
		e.size = 4;
		g_assert_cmpint(read_with(e), ==, REASON_ZIP);
		e.size = 6;
		g_assert_cmpint(read_with(e), ==, REASON_ZIP);
		e.size = 0;
		g_assert_cmpint(read_with(e), ==, REASON_ZIP);
		e.size = 0xfffffffe;
		g_assert_cmpint(read_with(e), ==, REASON_ZIP);
		e.size = -1;
		e.wrong_crc = TRUE;
		g_assert_cmpint(read_with(e), ==, REASON_ZIP);
	}
	entry e = ENTRY("files/" HELLO_SHA, "hello");
	e.flags = 1;
	g_assert_cmpint(read_with(e), ==, REASON_ZIP);
	e.flags = 0;
	e.method = 12;
	g_assert_cmpint(read_with(e), ==, REASON_ZIP);
	g_assert_cmpint(read_with((entry)ENTRY("files/" HELLO_SHA, "jello")), ==, REASON_CONTENT);
}

static void
what_unpacks_to_more_than_the_limit_is_refused(void)
{
	const entry entries[] = {ENTRY("manifest.json", good_manifest),
				 ENTRY("files/" HELLO_SHA, "hello")};
	guint64 all = strlen(good_manifest) + 5;

	g_assert_cmpint(read_crafted(entries, 2, all), ==, 0);
	g_assert_cmpint(read_crafted(entries, 2, all - 1), ==, REASON_ZIP);
	g_assert_cmpint(read_crafted(entries, 2, 0), ==, REASON_ZIP);
}

static void
a_manifest_must_be_there_and_right(void)
{
	const entry none[] = {ENTRY("changes.jsonl", "{}\n")};
	const entry broken[] = {ENTRY("manifest.json", "{\"format\":\"1.0\"")};
	const entry newer[] = {ENTRY("manifest.json", "{\"format\":\"2.0\"}")};
	g_autofree char *spaces = g_strnfill(MANIFEST_MAX + 1, ' ');
	const entry large[] = {ENTRY("manifest.json", spaces)};

	g_assert_cmpint(read_crafted(none, 1, LIMIT), ==, REASON_MANIFEST);
	g_assert_cmpint(read_crafted(broken, 1, LIMIT), ==, REASON_MANIFEST);
	g_assert_cmpint(read_crafted(newer, 1, LIMIT), ==, REASON_FORMAT);
	g_assert_cmpint(read_crafted(large, 1, LIMIT), ==, REASON_ZIP);
	g_assert_cmpint(read_crafted(NULL, 0, LIMIT), ==, REASON_MANIFEST);
}

static void
malformed_lines_are_refused(void)
{
	static const char *const lines[] = {"\n",        "{}\n\n",       "[]\n",
					    "{}\n{\n",   "{\"a\":1}x\n", "{\"a\":\"\xff\"}\n",
					    "{}{}\n",    "null\n",       "{\"a\":1,\"a\":2}\n",
					    "{}\r\n17\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
		g_assert_cmpint(read_with((entry)ENTRY("changes.jsonl", lines[i])), ==,
				REASON_LINES);
	entry nul = {.name = "changes.jsonl", .data = "{}\0\n", .len = 4, .size = -1};
	g_assert_cmpint(read_with(nul), ==, REASON_LINES);
	g_assert_cmpint(read_with((entry)ENTRY("changes.jsonl", "")), ==, 0);
}

static void
long_lines_pass_the_buffer(void)
{
	g_autofree char *fill = g_strnfill(200000, 'x');
	g_autofree char *text = g_strdup_printf("{\"a\":\"%s\"}\n{\"b\":\"%s\"}\n{}\n", fill, fill);

	g_assert_cmpint(read_with((entry)ENTRY("changes.jsonl", text)), ==, 0);
}

/* A stored file that is itself a zip, whose end record points into it: some readers would take
 * the inner directory for the envelope's. */
static void
a_zip_inside_is_not_taken_for_the_envelope(void)
{
	const entry forged[] = {ENTRY("manifest.json", good_manifest),
				ENTRY("changes.jsonl", "{\"forged\":true}\n")};
	g_autoptr(GByteArray) inner = craft(forged, 2);
	g_auto(place) p = place_new();
	g_autoptr(GError) error = NULL;
	/* Its directory is where the record says if the file begins so far into the envelope. */
	guint ahead = 30 + 13 + (guint)strlen(good_manifest) + 30 + 6 + 64;
	gsize at = inner->len - 6;
	guint32 offset;

	memcpy(&offset, inner->data + at, 4);
	offset = GUINT32_TO_LE(GUINT32_FROM_LE(offset) + ahead);
	memcpy(inner->data + at, &offset, 4);
	g_autofree char *sha =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, inner->data, inner->len);
	g_autofree char *name = g_strconcat("files/", sha, NULL);
	const entry outer[] = {ENTRY("manifest.json", good_manifest),
			       {.name = name,
				.data = (const char *)inner->data,
				.len = (gssize)inner->len,
				.size = -1}};
	g_autoptr(GByteArray) zip = craft(outer, 2);
	g_autofree char *tmp = NULL;
	int fd = fsio_tmp(p.dir, &tmp, NULL);
	g_assert_true(fsio_write_all(fd, zip->data, zip->len, NULL));
	g_autoptr(envelope) e = envelope_open(fd, LIMIT, &error);
	g_assert_no_error(error);
	json_t *line = NULL;
	g_assert_true(envelope_next(e, &line, &error));
	g_assert_null(line);
	g_assert_cmpuint(envelope_files(e)->len, ==, 1);
	close(fd);
}

static void
too_many_entries_are_refused_before_they_are_read(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GByteArray) zip = craft(NULL, 0);
	gsize end = zip->len - 22;

	memset(zip->data + end + 8, 0xff, 4);
	g_assert_cmpint(read_all(&p, zip->data, zip->len, LIMIT), ==, REASON_ZIP);
}

static void
random_damage_is_one_error_or_none(void)
{
	const entry good[] = {
		ENTRY("manifest.json", good_manifest),
		{.name = "changes.jsonl",
		 .data = "{}\n{\"a\":1}\n",
		 .len = -1,
		 .size = -1,
		 .method = 8},
		{.name = "files/" HELLO_SHA, .data = "hello", .len = -1, .size = -1, .method = 8}};
	g_autoptr(GByteArray) zip = craft(good, 3);
	g_auto(place) p = place_new();
	guint refused = 0;

	for (guint round = 0; round < 4000; round++) {
		g_autofree guint8 *bytes = g_memdup2(zip->data, zip->len);
		gsize len = zip->len;

		for (gint hits = g_test_rand_int_range(0, 4); hits >= 0; hits--) {
			gsize at = (gsize)g_test_rand_int_range(0, (gint32)len);

			bytes[at] = g_test_rand_bit() ? (guint8)g_test_rand_int()
						      : bytes[at] ^ (1 << (at & 7));
		}
		if (round % 4 == 0)
			len = (gsize)g_test_rand_int_range(0, (gint32)len);
		refused += read_all(&p, bytes, len, LIMIT) != 0;
	}
	g_assert_cmpuint(refused, >, 2000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/envelope_read/crafted_zips_can_be_good", crafted_zips_can_be_good);
	g_test_add_func("/envelope_read/only_names_of_an_envelope_are_taken",
			only_names_of_an_envelope_are_taken);
	g_test_add_func("/envelope_read/lies_about_an_entry_are_noticed",
			lies_about_an_entry_are_noticed);
	g_test_add_func("/envelope_read/what_unpacks_to_more_than_the_limit_is_refused",
			what_unpacks_to_more_than_the_limit_is_refused);
	g_test_add_func("/envelope_read/a_manifest_must_be_there_and_right",
			a_manifest_must_be_there_and_right);
	g_test_add_func("/envelope_read/malformed_lines_are_refused", malformed_lines_are_refused);
	g_test_add_func("/envelope_read/long_lines_pass_the_buffer", long_lines_pass_the_buffer);
	g_test_add_func("/envelope_read/a_zip_inside_is_not_taken_for_the_envelope",
			a_zip_inside_is_not_taken_for_the_envelope);
	g_test_add_func("/envelope_read/too_many_entries_are_refused_before_they_are_read",
			too_many_entries_are_refused_before_they_are_read);
	g_test_add_func("/envelope_read/random_damage_is_one_error_or_none",
			random_damage_is_one_error_or_none);
	return g_test_run();
}
