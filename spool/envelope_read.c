#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/grow.h"
#include "spool/envelope.h"
#include "spool/zipfd.h"

#define CHUNK       (64 * 1024)
#define FILES       "files/"
#define ENTRIES_MAX (ENVELOPE_FILES_MAX + 2)
/* Room for a long line is given back once it is read. */
#define KEEP_MAX (1024 * 1024)

/* An entry being read.  What the directory says of its size is checked against what comes. */
typedef struct {
	zip_file_t *zf;
	guint64 size, done;
} member;

struct envelope {
	zipfd source;
	zip_t *zip;
	manifest *manifest;
	GPtrArray *files;    /* hashes, in the order of the zip */
	GHashTable *entries; /* name -> zip_uint64_t, owned */
	member lines;
	grow buf; /* read and not yet handed out: from AT; no newline before SCANNED */
	gsize at, scanned;
	guint line;
};

static gboolean
bad_zip(GError **error, const char *what)
{
	fail_set(error, REASON_ZIP, "the zip %s", what);
	return FALSE;
}

/* The error of reading entry NAME: ours if the disk failed, else the zip's. */
static gboolean
bad_entry(envelope *e, const char *name, const char *what, GError **error)
{
	if (e->source.errnum != 0)
		fail_errno(error, e->source.errnum, "cannot read %s in the zip", name);
	else
		fail_set(error, REASON_ZIP, "%s in the zip %s", name, what);
	return FALSE;
}

static void
member_close(member *m)
{
	if (m->zf != NULL)
		zip_fclose(m->zf);
	*m = (member){0};
}

static gboolean
member_open(envelope *e, const char *name, member *ret, GError **error)
{
	const zip_uint64_t *index = g_hash_table_lookup(e->entries, name);
	zip_stat_t st;

	if (zip_stat_index(e->zip, *index, 0, &st) != 0)
		return bad_entry(e, name, "cannot be looked at", error);
	zip_file_t *zf = zip_fopen_index(e->zip, *index, 0);
	if (zf == NULL)
		return bad_entry(e, name, "cannot be opened", error);
	*ret = (member){.zf = zf, .size = st.size};
	return TRUE;
}

/* Bytes read, 0 at a good end, -1 on error. */
static gssize
member_read(envelope *e, const char *name, member *m, void *buf, gsize len, GError **error)
{
	zip_int64_t n = zip_fread(m->zf, buf, len);

	if (n < 0) {
		bad_entry(e, name, "is broken", error);
		return -1;
	}
	m->done += (guint64)n;
	if (m->done > m->size || (n == 0 && m->done != m->size)) {
		bad_entry(e, name, "is not as long as the zip says", error);
		return -1;
	}
	return (gssize)n;
}

static gboolean
is_sha(const char *text)
{
	return strlen(text) == FSIO_SHA_LEN && strspn(text, "0123456789abcdef") == FSIO_SHA_LEN;
}

/* What the directory may say of an entry; what it says of sizes is checked when it is read. */
static gboolean
check_entry(const zip_stat_t *st, guint64 *room, GError **error)
{
	const zip_uint64_t needed =
		ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;

	if ((st->valid & needed) != needed)
		return bad_zip(error, "says too little of an entry");
	if (st->encryption_method != ZIP_EM_NONE)
		return bad_zip(error, "is encrypted");
	if (st->comp_method != ZIP_CM_STORE && st->comp_method != ZIP_CM_DEFLATE)
		return bad_zip(error, "is packed in another way than deflate");
	if (st->size > *room)
		return bad_zip(error, "unpacks to more than it may");
	*room -= st->size;
	return TRUE;
}

static gboolean
check_name(envelope *e, const zip_stat_t *st, GError **error)
{
	if (g_str_has_prefix(st->name, FILES) && is_sha(st->name + strlen(FILES)))
		g_ptr_array_add(e->files, g_strdup(st->name + strlen(FILES)));
	else if (!g_str_equal(st->name, "manifest.json") && !g_str_equal(st->name, "changes.jsonl"))
		return bad_zip(error, "holds an entry that is none of an envelope");
	else if (g_str_equal(st->name, "manifest.json") && st->size > MANIFEST_MAX)
		return bad_zip(error, "has too large a manifest");
	if (!g_hash_table_insert(e->entries, g_strdup(st->name),
				 g_memdup2(&st->index, sizeof st->index)))
		return bad_zip(error, "holds an entry twice");
	return TRUE;
}

static gboolean
read_directory(envelope *e, guint64 limit, GError **error)
{
	zip_int64_t n = zip_get_num_entries(e->zip, 0);

	if (n > ENTRIES_MAX)
		return bad_zip(error, "has too many entries");
	for (zip_int64_t i = 0; i < n; i++) {
		zip_stat_t st;

		if (zip_stat_index(e->zip, (zip_uint64_t)i, 0, &st) != 0)
			return bad_zip(error, "has an entry that can't be looked at");
		if (!check_entry(&st, &limit, error) || !check_name(e, &st, error))
			return FALSE;
	}
	if (e->files->len > ENVELOPE_FILES_MAX)
		return bad_zip(error, "has too many files");
	return TRUE;
}

/* A whole small entry with a NUL behind; its size was checked against MANIFEST_MAX. */
static char *
read_manifest_text(envelope *e, gsize *ret_len, GError **error)
{
	static const char name[] = "manifest.json";
	g_autofree char *text = grow_try(MANIFEST_MAX + 1, error);
	gsize len = 0;
	gssize n;
	member m = {0};

	if (text == NULL || !member_open(e, name, &m, error))
		return NULL;
	do {
		n = member_read(e, name, &m, text + len, MANIFEST_MAX + 1 - len, error);
		len += (gsize)MAX(n, 0);
	} while (n > 0);
	member_close(&m);
	if (n < 0)
		return NULL;
	*ret_len = len;
	return g_steal_pointer(&text);
}

static gboolean
read_manifest(envelope *e, GError **error)
{
	g_autoptr(GError) why = NULL;
	gsize len;

	if (!g_hash_table_contains(e->entries, "manifest.json")) {
		fail_set(error, REASON_MANIFEST, "the zip holds no manifest.json");
		return FALSE;
	}
	g_autofree char *text = read_manifest_text(e, &len, error);
	if (text == NULL)
		return FALSE;
	g_autoptr(json_ref) j = json_read(text, len, &why);
	if (j == NULL && fail_is(why, FAIL_RETRY)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	if (j == NULL) {
		fail_set(error, REASON_MANIFEST, "manifest.json: %s", why->message);
		return FALSE;
	}
	e->manifest = manifest_from_json(j, error);
	return e->manifest != NULL;
}

static gboolean
open_zip(envelope *e, GError **error)
{
	zip_error_t why;

	zip_error_init(&why);
	zip_source_t *source = zipfd_source(&e->source, FALSE);
	if (source != NULL)
		e->zip = zip_open_from_source(source, ZIP_RDONLY, &why);
	if (e->zip == NULL) {
		zip_source_free(source);
		if (e->source.errnum != 0)
			fail_errno(error, e->source.errnum, "cannot read the zip");
		else
			fail_set(error, REASON_ZIP, "not a readable zip: %s",
				 zip_error_strerror(&why));
	}
	zip_error_fini(&why);
	e->source.hidden = 0;
	return e->zip != NULL;
}

envelope *
envelope_open(int fd, guint64 limit, GError **error)
{
	g_autoptr(envelope) e = g_new0(envelope, 1);
	struct stat st;

	e->files = g_ptr_array_new_with_free_func(g_free);
	e->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		fail_set(error, FAIL_BUG, "an envelope is read from a file only");
		return NULL;
	}
	zipfd_init(&e->source, fd, (guint64)st.st_size);
	if (!zipfd_check_end(&e->source, ENTRIES_MAX, error) || !open_zip(e, error) ||
	    !read_directory(e, limit, error) || !read_manifest(e, error))
		return NULL;
	return g_steal_pointer(&e);
}

void
envelope_close(envelope *e)
{
	if (e == NULL)
		return;
	member_close(&e->lines);
	if (e->zip != NULL)
		zip_discard(e->zip);
	manifest_free(e->manifest);
	g_ptr_array_unref(e->files);
	g_hash_table_unref(e->entries);
	grow_clear(&e->buf);
	g_free(e);
}

const manifest *
envelope_manifest(const envelope *e)
{
	return e->manifest;
}

GPtrArray *
envelope_files(const envelope *e)
{
	return e->files;
}

static gboolean
bad_line(const envelope *e, const char *what, GError **error)
{
	fail_set(error, REASON_LINES, "line %u of changes.jsonl: %s", e->line, what);
	return FALSE;
}

/* Appends a chunk; *RET_END at the end of the lines. */
static gboolean
fill(envelope *e, gboolean *ret_end, GError **error)
{
	grow_drop(&e->buf, e->at);
	e->scanned -= e->at;
	e->at = 0;
	if (e->buf.len == 0 && e->buf.size > KEEP_MAX)
		grow_clear(&e->buf);
	gsize len = e->buf.len;
	if (len > ENVELOPE_LINE_MAX)
		return bad_line(e, "is too long", error);
	if (!grow_room(&e->buf, CHUNK, error))
		return FALSE;
	gssize n = member_read(e, "changes.jsonl", &e->lines, e->buf.str + len, CHUNK, error);
	if (n < 0)
		return FALSE;
	grow_add(&e->buf, (gsize)n);
	*ret_end = n == 0;
	return TRUE;
}

/* Brings the next line to AT; *RET_LEN its length without the newline, -1: there is none. */
static gboolean
find_line(envelope *e, gssize *ret_len, GError **error)
{
	gboolean end = FALSE;

	for (;;) {
		gsize left = e->buf.len - e->scanned;
		const char *newline =
			left == 0 ? NULL : memchr(e->buf.str + e->scanned, '\n', left);

		if (newline != NULL) {
			*ret_len = newline - (e->buf.str + e->at);
			return TRUE;
		}
		e->scanned = e->buf.len;
		if (end) {
			*ret_len = e->buf.len > e->at ? (gssize)(e->buf.len - e->at) : -1;
			return TRUE;
		}
		if (!fill(e, &end, error))
			return FALSE;
	}
}

static json_t *
parse_line(const envelope *e, gsize len, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (len > ENVELOPE_LINE_MAX || e->line > ENVELOPE_LINES_MAX) {
		bad_line(e, "is too long or one too many", error);
		return NULL;
	}
	json_t *j = json_read(e->buf.str + e->at, len, &why);
	if (j == NULL && fail_is(why, FAIL_RETRY)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return NULL;
	}
	if (j == NULL) {
		bad_line(e, why->message, error);
		return NULL;
	}
	if (json_is_object(j))
		return j;
	json_decref(j);
	bad_line(e, "is no object", error);
	return NULL;
}

gboolean
envelope_next(envelope *e, json_t **ret, GError **error)
{
	gssize len = -1;

	if (e->lines.zf == NULL && g_hash_table_contains(e->entries, "changes.jsonl") &&
	    !member_open(e, "changes.jsonl", &e->lines, error))
		return FALSE;
	e->line++;
	if (e->lines.zf != NULL && !find_line(e, &len, error))
		return FALSE;
	if (len < 0) {
		e->line--;
		*ret = NULL;
		return TRUE;
	}
	json_t *j = parse_line(e, (gsize)len, error);
	if (j == NULL)
		return FALSE;
	e->at = MIN(e->at + (gsize)len + 1, e->buf.len);
	e->scanned = e->at;
	*ret = j;
	return TRUE;
}

gboolean
envelope_rewind(envelope *e, GError **error)
{
	member_close(&e->lines);
	grow_drop(&e->buf, e->buf.len);
	e->at = e->scanned = 0;
	e->line = 0;
	return !g_hash_table_contains(e->entries, "changes.jsonl") ||
	       member_open(e, "changes.jsonl", &e->lines, error);
}

/* Unpacks into FD; the hash of what came is *RET_SHA. */
static gboolean
unpack(envelope *e, const char *name, int fd, char **ret_sha, GError **error)
{
	g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guint8 *buf = g_malloc(CHUNK);
	member m = {0};
	gssize n;

	if (!member_open(e, name, &m, error))
		return FALSE;
	while ((n = member_read(e, name, &m, buf, CHUNK, error)) > 0) {
		g_checksum_update(sha, buf, n);
		if (!fsio_write_all(fd, buf, (gsize)n, error)) {
			n = -1;
			break;
		}
	}
	member_close(&m);
	if (n < 0)
		return FALSE;
	*ret_sha = g_strdup(g_checksum_get_string(sha));
	return TRUE;
}

static gboolean
unpack_checked(envelope *e, const char *sha256, int fd, GError **error)
{
	g_autofree char *name = g_strconcat(FILES, sha256, NULL);
	g_autofree char *sha = NULL;

	if (!unpack(e, name, fd, &sha, error))
		return FALSE;
	if (!g_str_equal(sha, sha256)) {
		fail_set(error, REASON_CONTENT, "%s in the zip differs from its hash", name);
		return FALSE;
	}
	/* Durable before it bears the name that others trust. */
	return fsio_sync(fd, error);
}

gboolean
envelope_extract(envelope *e, const char *sha256, int dir, GError **error)
{
	g_autofree char *name = g_strconcat(FILES, sha256, NULL);
	g_autofree char *tmp = NULL;

	if (!g_hash_table_contains(e->entries, name)) {
		fail_set(error, REASON_CONTENT, "file %s is not in the envelope", sha256);
		return FALSE;
	}
	if (fsio_exists(dir, sha256))
		return TRUE;
	int fd = fsio_tmp(dir, &tmp, error);
	if (fd < 0)
		return FALSE;
	gboolean ok = unpack_checked(e, sha256, fd, error);
	close(fd);
	ok = ok && fsio_rename(dir, tmp, dir, sha256, FSIO_REPLACE, error);
	if (!ok)
		fsio_remove(dir, tmp, NULL);
	return ok;
}
