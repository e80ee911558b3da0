/*
 * Whatever a partner may sign: the first line of the input is laid over the manifest of his next
 * envelope (null takes a member away), the others are its lines; it comes to a link that runs, or,
 * with "begun" in the first line, to one that begins anew.  No pass of this side fails for it, and
 * if it is refused, the genuine one is taken as if the other had never been.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/gateway_kit.h"
#include "../unit/memory_file.h"
#include "../unit/zip_of.h"
#include "base/clock.h"
#include "base/rand.h"
#include "fuzz.h"
#include "gateway/private.h"
#include "gateway/rebase.h"
#include "spool/name.h"

#define WHEN      1795000000 /* no run has another time */
#define PLAIN_MAX (1 << 20)

enum { RUNNING, BEGUN, STATES };

static struct {
	kit k;
	pgp *pgp;            /* Anna's */
	char *kept[STATES];  /* Bert's home as it was */
	char *epoch[STATES]; /* his */
	char *genuine;       /* Anna's next envelope */
	envelope_name name;  /* its */
	json_t *cover;       /* its manifest */
} world;

/* ---- what Bert has ---- */

static void
copy_tree(const char *from, const char *to)
{
	g_autoptr(GDir) dir = g_dir_open(from, 0, NULL);
	const char *name;

	g_assert_nonnull(dir);
	g_assert_cmpint(mkdir(to, 0700), ==, 0);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *old = g_build_filename(from, name, NULL);
		g_autofree char *new = g_build_filename(to, name, NULL);
		g_autofree char *data = NULL;
		gsize len;

		if (g_file_test(old, G_FILE_TEST_IS_DIR)) {
			copy_tree(old, new);
			continue;
		}
		g_assert_true(g_file_get_contents(old, &data, &len, NULL));
		int fd = open(new, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		g_assert_cmpint(fd, >=, 0);
		g_assert_true(fsio_write_all(fd, data, len, NULL));
		close(fd);
	}
}

static void
keep(int state, const char *as)
{
	g_auto(kit_link) l = kit_open(&world.k, BERT, GATE_LOOK, NULL);

	world.epoch[state] = g_strdup(l.g->n.epoch);
	world.kept[state] = g_build_filename(world.k.dir, as, NULL);
	copy_tree(world.k.home[BERT], world.kept[state]);
}

static void
put_back(int state)
{
	g_assert_true(fsio_remove_tree(world.k.home[BERT], NULL));
	copy_tree(world.kept[state], world.k.home[BERT]);
	rand_seed(2);
}

/* ---- what Anna sends ---- */

static void
seal(int in, int out)
{
	const char *const to[] = {json_str(world.cover, "from"), json_str(world.cover, "to"), NULL};
	g_autoptr(GError) e = NULL;

	pgp_seal(world.pgp, in, out, to[0], to, &e);
	g_assert_no_error(e);
}

/* The manifest of what is sealed in the file at PATH; new reference. */
static json_t *
cover_of(const char *path)
{
	g_autoptr(GError) e = NULL;
	int in = fsio_open_own(AT_FDCWD, path, &e), out = memory_file("", 0);

	g_assert_no_error(e);
	pgp_decrypt(world.pgp, in, out, PLAIN_MAX, &e);
	g_assert_no_error(e);
	g_autoptr(envelope) opened = envelope_open(out, PLAIN_MAX, &e);
	g_assert_no_error(e);
	json_t *ret = manifest_to_json(envelope_manifest(opened));
	g_clear_pointer(&opened, envelope_close);
	close(in);
	close(out);
	return ret;
}

/* An envelope of KIND and NUMBER has the name that belongs to it. */
static void
put_in_channel(int fd, const json_t *cover)
{
	g_autofree char *sha = fsio_sha(fd, NULL, NULL), *data = NULL;
	const char *kind = json_str(cover, "kind");
	envelope_name name = world.name;
	gsize len = (gsize)lseek(fd, 0, SEEK_END);

	if (!json_u64(cover, "number", &name.number) || name.number == 0) {
		name.number = 1000;
		name.series = g_strcmp0(kind, "ack") == 0       ? 'a'
			      : g_strcmp0(kind, "refused") == 0 ? 'x'
								: 'r';
	}
	g_strlcpy(name.hash, sha, sizeof name.hash);
	g_autofree char *file = name_format(&name);
	g_autofree char *path = g_build_filename(world.k.receive[BERT], file, NULL);
	data = g_malloc(len + 1);
	g_assert_cmpint(pread(fd, data, len, 0), ==, (gssize)len);
	g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
}

static void
send_zip(const json_t *cover, const void *lines, gsize lines_len)
{
	g_autofree char *text = json_text(cover);
	zip_entry entries[] = {zip_entry_of("manifest.json", text, strlen(text)),
			       zip_entry_of("changes.jsonl", lines, lines_len)};
	g_autoptr(GByteArray) zip = zip_of(entries, lines_len > 0 ? 2 : 1);
	int in = memory_file(zip->data, zip->len), out = memory_file("", 0);

	seal(in, out);
	put_in_channel(out, cover);
	close(in);
	close(out);
}

/* ---- the whole ---- */

static void
end(void)
{
	pgp_stop(world.pgp);
	kit_tear_down(&world.k, NULL);
	for (int i = 0; i < STATES; i++) {
		g_free(world.kept[i]);
		g_free(world.epoch[i]);
	}
	g_free(world.genuine);
	json_decref(world.cover);
}

/* One item that both agree on, an edit of Bert's that is not acknowledged, and one of Anna's that
 * is about to come. */
static void
begin(void)
{
	g_autoptr(GError) e = NULL;

	rand_seed(1);
	clock_stop(WHEN);
	kit_set_up(&world.k, NULL);
	g_autofree char *id = kit_new(&world.k, ANNA, "Pump");
	kit_settle(&world.k);
	g_autofree char *his = kit_new(&world.k, BERT, "Tank");
	kit_pass(&world.k, BERT);
	kit_set_title(&world.k, ANNA, id, "Valve");
	kit_pass(&world.k, ANNA);
	world.genuine = kit_take_sent(&world.k);
	world.pgp = pgp_start(world.k.keys[ANNA], NULL, &e);
	g_assert_no_error(e);
	world.cover = cover_of(world.genuine);
	g_autofree char *file = g_path_get_basename(world.genuine);
	g_autofree char *link8 = g_strndup(file, NAME_LINK_LEN);
	g_assert_true(name_find(file, link8, 'm', &world.name));
	keep(RUNNING, "running");
	{
		g_auto(kit_link) l = kit_open(&world.k, BERT, GATE_WORK, NULL);

		rebase_open(l.g, &e);
		g_assert_no_error(e);
	}
	keep(BEGUN, "begun");
	atexit(end);
}

static gboolean
has_stopped(void)
{
	g_auto(kit_link) l = kit_open(&world.k, BERT, GATE_LOOK, NULL);

	return l.g->stopped != NULL || l.g->rebase->open;
}

/* It was refused, so Anna's own still counts. */
static void
check_untouched(void)
{
	g_autofree char *titles = NULL;

	if (kit_reason(&world.k) == 0 || has_stopped())
		return;
	kit_arrives(&world.k, world.genuine);
	kit_pass(&world.k, BERT);
	titles = kit_titles(&world.k, BERT);
	g_assert_nonnull(strstr(titles, "Valve"));
	g_assert_nonnull(strstr(titles, "Tank"));
}

/* What OVER has is in COVER; null takes a member away. */
static void
lay_over(json_t *cover, json_t *over)
{
	const char *key;
	json_t *one;

	json_object_foreach (over, key, one) {
		if (json_is_null(one))
			json_object_del(cover, key);
		else
			json_object_set(cover, key, one);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *eol = size > 0 ? memchr(data, '\n', size) : NULL;
	gsize first = eol != NULL ? (gsize)(eol - data) : size;
	gsize behind = eol != NULL ? first + 1 : size;
	g_autoptr(json_ref) over = json_read((const char *)data, first, NULL);

	if (!json_is_object(over))
		return 0;
	if (world.pgp == NULL)
		begin();
	int state = json_flag(over, "begun") ? BEGUN : RUNNING;
	g_autoptr(json_ref) cover = json_deep_copy(world.cover);
	json_put(cover, "with", world.epoch[state]);
	lay_over(cover, over);
	put_back(state);
	send_zip(cover, data + behind, size - behind);
	kit_pass(&world.k, BERT);
	check_untouched();
	return 0;
}
