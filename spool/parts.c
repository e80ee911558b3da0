#include "spool/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"

#define BUFFER_SIZE (64 * 1024)

guint
parts_count(guint64 size, guint64 limit)
{
	guint64 count = size == 0 ? 1 : size / limit + (size % limit > 0);

	return (guint)MIN(count, G_MAXUINT);
}

/* Copies LEN bytes of FROM at OFFSET to TO; their hash, or NULL. */
static char *
copy_range(int from, guint64 offset, guint64 len, int to, GError **error)
{
	g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guint8 *buf = g_malloc(BUFFER_SIZE);

	while (len > 0) {
		ssize_t n = pread(from, buf, MIN(len, BUFFER_SIZE), (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail_errno(error, n < 0 ? errno : ENODATA, "cannot cut an envelope");
			return NULL;
		}
		if (!fsio_write_all(to, buf, (gsize)n, error))
			return NULL;
		g_checksum_update(sha, buf, n);
		offset += (guint64)n;
		len -= (guint64)n;
	}
	return g_strdup(g_checksum_get_string(sha));
}

gboolean
parts_cut(spool *s, int fd, guint64 size, guint64 limit, const envelope_name *whole, guint i,
	  char **ret_tmp, char **ret_name, GError **error)
{
	guint count = parts_count(size, limit);
	envelope_name name = *whole;
	g_autofree char *tmp = NULL;

	if (count > NAME_PARTS_MAX) {
		g_autofree char *id = name_id(whole);

		fail_set(error, FAIL_CONFIG,
			 "envelope %s would make %u parts of at most %d; raise folder.part", id,
			 count, NAME_PARTS_MAX);
		return FALSE;
	}
	guint64 offset = limit * (i - 1);
	int to = fsio_tmp(spool_fd(s, SPOOL_TMP), &tmp, error);
	if (to < 0)
		return FALSE;
	g_autofree char *sha = copy_range(fd, offset, MIN(limit, size - offset), to, error);
	close(to);
	if (sha == NULL) {
		spool_drop(s, SPOOL_TMP, tmp, NULL);
		return FALSE;
	}
	name.part = i;
	name.parts = count;
	g_strlcpy(name.part_hash, sha, sizeof name.part_hash);
	*ret_name = name_format(&name);
	*ret_tmp = g_steal_pointer(&tmp);
	return TRUE;
}

static gboolean
same_whole(const envelope_name *a, const envelope_name *b)
{
	return a->series == b->series && a->number == b->number && g_str_equal(a->hash, b->hash);
}

/* The names of all parts of WHOLE that are here, whatever their count. */
static GArray *
find_parts(const spool *s, const envelope_name *whole, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(s, SPOOL_PARTS, error);

	if (names == NULL)
		return NULL;
	GArray *found = g_array_new(FALSE, FALSE, sizeof(envelope_name));
	for (guint i = 0; i < names->len; i++) {
		envelope_name name;

		if (name_find(names->pdata[i], whole->link, whole->role, &name) && name.parts > 0 &&
		    same_whole(&name, whole))
			g_array_append_val(found, name);
	}
	return found;
}

/* Keeps those of a set of OF parts: another size of parts makes another set. */
static void
keep_set(GArray *found, guint of)
{
	for (guint i = found->len; i > 0; i--)
		if (g_array_index(found, envelope_name, i - 1).parts != of)
			g_array_remove_index(found, i - 1);
}

static gboolean
drop_all(spool *s, GArray *parts, GError **error)
{
	for (guint i = 0; i < parts->len; i++) {
		g_autofree char *file = name_format(&g_array_index(parts, envelope_name, i));

		if (!spool_drop(s, SPOOL_PARTS, file, error))
			return FALSE;
	}
	return TRUE;
}

/* Stores the part; another of the same place, with other bytes, makes room: the set would never
 * fit with both. */
static gboolean
store_part(spool *s, const envelope_name *part, const char *tmp, GError **error)
{
	g_autofree char *file = name_format(part);
	g_autoptr(GArray) found = find_parts(s, part, error);

	if (found == NULL)
		return FALSE;
	for (guint i = found->len; i > 0; i--) {
		const envelope_name *other = &g_array_index(found, envelope_name, i - 1);

		if (other->parts != part->parts || other->part != part->part ||
		    g_str_equal(other->part_hash, part->part_hash))
			g_array_remove_index(found, i - 1);
	}
	return drop_all(s, found, error) && spool_place(s, tmp, SPOOL_PARTS, file, error);
}

static gboolean
append_part(spool *s, const envelope_name *part, int to, GError **error)
{
	g_autofree char *file = name_format(part);
	int from = spool_read(s, SPOOL_PARTS, file, NULL, error);

	if (from < 0)
		return FALSE;
	gboolean ok = fsio_copy(from, to, G_MAXUINT64, NULL, NULL, error);
	close(from);
	return ok;
}

/* Sorted names bring the parts in their order. */
static gboolean
join(spool *s, GArray *parts, int to, GError **error)
{
	const envelope_name *first = &g_array_index(parts, envelope_name, 0);

	for (guint i = 0; i < parts->len; i++)
		if (!append_part(s, &g_array_index(parts, envelope_name, i), to, error))
			return FALSE;
	g_autofree char *sha = fsio_sha(to, NULL, error);
	if (sha == NULL)
		return FALSE;
	if (strncmp(sha, first->hash, NAME_HASH_LEN) == 0)
		return TRUE;
	g_autofree char *id = name_id(first);
	if (drop_all(s, parts, error))
		fail_set(error, REASON_PARTS,
			 "the %u parts of %s do not make the whole that their names promise",
			 parts->len, id);
	return FALSE;
}

gboolean
parts_add(spool *s, const envelope_name *part, const char *tmp, char **ret_tmp, GError **error)
{
	g_autofree char *whole = NULL;

	if (!store_part(s, part, tmp, error))
		return FALSE;
	g_autoptr(GArray) parts = find_parts(s, part, error);
	if (parts == NULL)
		return FALSE;
	keep_set(parts, part->parts);
	if (parts->len < part->parts)
		return TRUE;
	int to = fsio_tmp(spool_fd(s, SPOOL_TMP), &whole, error);
	if (to < 0)
		return FALSE;
	gboolean ok = join(s, parts, to, error);
	close(to);
	if (!ok) {
		spool_drop(s, SPOOL_TMP, whole, NULL);
		return FALSE;
	}
	*ret_tmp = g_steal_pointer(&whole);
	return TRUE;
}

/* ---- room ---- */

typedef struct {
	envelope_name name;
	guint64 bytes;
} stored_part;

/* Messages without a number come before those with one. */
static guint64
rank(const envelope_name *name)
{
	return name->series == 0 ? name->number : 0;
}

static gint
later_first(gconstpointer a, gconstpointer b)
{
	guint64 x = rank(&((const stored_part *)a)->name),
		y = rank(&((const stored_part *)b)->name);

	return x > y ? -1 : x < y;
}

/* All parts that are here of the link and role of LIKE; *RET_BYTES of them together. */
static GArray *
all_parts(const spool *s, const envelope_name *like, guint64 *ret_bytes, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(s, SPOOL_PARTS, error);

	if (names == NULL)
		return NULL;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(stored_part));
	*ret_bytes = 0;
	for (guint i = 0; i < names->len; i++) {
		stored_part one = {0};
		struct stat st;

		if (!name_find(names->pdata[i], like->link, like->role, &one.name) ||
		    fstatat(spool_fd(s, SPOOL_PARTS), names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) !=
			    0)
			continue;
		one.bytes = (guint64)st.st_size;
		*ret_bytes += one.bytes;
		g_array_append_val(all, one);
	}
	return all;
}

gboolean
parts_make_room(spool *s, const envelope_name *part, guint64 size, guint64 most, guint64 *ret_bytes,
		gboolean *ret, GError **error)
{
	guint64 bytes;
	g_autoptr(GArray) all = all_parts(s, part, &bytes, error);

	if (all == NULL)
		return FALSE;
	g_array_sort(all, later_first);
	for (guint i = 0; i < all->len && bytes + size > most; i++) {
		const stored_part *late = &g_array_index(all, stored_part, i);
		g_autofree char *file = name_format(&late->name);

		if (rank(&late->name) <= rank(part))
			break;
		if (!spool_drop(s, SPOOL_PARTS, file, error))
			return FALSE;
		bytes -= late->bytes;
	}
	*ret_bytes = bytes;
	*ret = bytes + size <= most;
	return TRUE;
}

guint
parts_have(const spool *s, const envelope_name *whole, guint *ret_of)
{
	g_autoptr(GArray) parts = find_parts(s, whole, NULL);
	guint best = 0;

	*ret_of = 0;
	/* Sorted, the sets may be mixed: each name is asked how many are of its set. */
	g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
	for (guint i = 0; parts != NULL && i < parts->len; i++) {
		gpointer of = GUINT_TO_POINTER(g_array_index(parts, envelope_name, i).parts);
		guint have = GPOINTER_TO_UINT(g_hash_table_lookup(counts, of)) + 1;

		g_hash_table_insert(counts, of, GUINT_TO_POINTER(have));
		if (have > best) {
			best = have;
			*ret_of = GPOINTER_TO_UINT(of);
		}
	}
	return best;
}

gboolean
parts_drop(spool *s, const envelope_name *whole, GError **error)
{
	g_autoptr(GArray) parts = find_parts(s, whole, error);

	return parts != NULL && drop_all(s, parts, error);
}
