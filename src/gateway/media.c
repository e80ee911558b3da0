#include "gateway/media.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "gateway/media_private.h"

#define TOP       "handsel"
#define NAMES_MAX 100000 /* files of a directory that are looked at */
#define TMP       ".tmp-"
#define TMP_AGE   3600 /* seconds until a temporary in RECEIVE is a crash's leftover */

typedef struct {
	const media_run *run;
	int top; /* TOP on the stick */
	GPtrArray *lanes;
	guint64 space; /* bytes that may still be copied */
} carrier;

static void
entry_free(gpointer data)
{
	media_entry *e = data;

	g_free(e->file);
	g_free(e);
}

static void
lane_free(gpointer data)
{
	media_lane *l = data;

	if (l->from >= 0)
		close(l->from);
	if (l->to >= 0)
		close(l->to);
	g_free(l->link);
	g_clear_pointer(&l->left, g_ptr_array_unref);
	g_clear_pointer(&l->delivered, g_hash_table_unref);
	g_ptr_array_unref(l->brought);
	g_free(l);
}

/* ---- directories ---- */

/* Directory NAME of PARENT, made if MAKE; never by a symbolic link.  -1 on error. */
static int
open_below(int parent, const char *name, gboolean make, GError **error)
{
	if (make && mkdirat(parent, name, 0755) == 0) {
		int made = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		/* The other side's user has to write there, too; FAT knows no modes. */
		if (made >= 0)
			(void)!fchmod(made, 0777);
		if (made >= 0 && fsio_sync(parent, error))
			return made;
		if (made >= 0)
			close(made);
		return -1;
	}
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fail_errno(error, errno, "cannot open %s on the medium", name);
	return fd;
}

/* Removes temporaries older than AGE seconds that a crash left in DIR. */
static gboolean
sweep(int dir, gint64 age, GError **error)
{
	g_autoptr(GPtrArray) names = fsio_list(dir, NAMES_MAX, error);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		struct stat st;

		if (!g_str_has_prefix(names->pdata[i], TMP) ||
		    fstatat(dir, names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode) || clock_now() - st.st_ctim.tv_sec < age)
			continue;
		if (!fsio_remove(dir, names->pdata[i], error))
			return FALSE;
	}
	return names != NULL;
}

/* ---- lanes ---- */

/* Un-numbered first: they are small, and tell the other side what it need not keep. */
static int
compare(gconstpointer a, gconstpointer b)
{
	const media_entry *x = *(const media_entry *const *)a, *y = *(const media_entry *const *)b;

	if ((x->name.series == 0) != (y->name.series == 0))
		return x->name.series == 0 ? 1 : -1;
	if (x->name.number != y->name.number)
		return x->name.number < y->name.number ? -1 : 1;
	if (x->name.part != y->name.part)
		return x->name.part < y->name.part ? -1 : 1;
	return strcmp(x->file, y->file);
}

static gboolean
list(media_lane *l, GError **error)
{
	g_autoptr(GPtrArray) names = fsio_list(l->from, NAMES_MAX, error);

	l->left = g_ptr_array_new_with_free_func(entry_free);
	for (guint i = 0; names != NULL && i < names->len; i++) {
		media_entry e = {.file = names->pdata[i]};
		struct stat st;

		if (*e.file == '.' || !name_find(e.file, l->link8, l->role, &e.name) ||
		    fstatat(l->from, e.file, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		e.file = g_strdup(e.file);
		e.size = (guint64)st.st_size;
		e.time = st.st_mtim.tv_sec;
		g_ptr_array_add(l->left, g_memdup2(&e, sizeof e));
	}
	g_ptr_array_sort(l->left, compare);
	return names != NULL;
}

static char *
place_of(const conf *conf, const char *dir, const char *key, const char *fallback)
{
	const char *given = conf_text(conf, key);

	return given == NULL ? g_build_filename(dir, "exchange", fallback, NULL)
			     : g_canonicalize_filename(given, dir);
}

/* Opens both ends.  A stick that brings nothing for the link has an empty lane. */
static gboolean
open_ends(const carrier *c, media_lane *l, const char *place, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s-%c", l->link8, l->role);
	gboolean in = c->run->in;
	int here = fsio_open_dir(place, error);

	if (here < 0)
		return FALSE;
	*(in ? &l->to : &l->from) = here;
	if (in && !fsio_exists(c->top, name)) {
		l->left = g_ptr_array_new_with_free_func(entry_free);
		return TRUE;
	}
	l->stick = open_below(c->top, name, !in, error);
	*(in ? &l->from : &l->to) = l->stick;
	if (l->stick < 0 || !sweep(l->stick, 0, error) || (in && !sweep(here, TMP_AGE, error)))
		return FALSE;
	l->delivered = media_read_delivered(l);
	return list(l, error);
}

static gboolean
open_lane(carrier *c, const site *site, const char *link, GError **error)
{
	g_autofree char *dir = site_link_dir(site, link);
	g_autofree char *path = g_build_filename(dir, "link.conf", NULL);
	g_autoptr(conf) conf = conf_load(path, SET_LINK, error);
	gboolean in = c->run->in;

	if (conf == NULL)
		return FALSE;
	const char *id = conf_text(conf, "link.id"), *role = conf_text(conf, "link.role");
	if (g_strcmp0(conf_text(conf, "channel"), "folder") != 0) {
		fail_set(error, FAIL_CONFIG,
			 "link %s goes by mail and has no folders to carry from and to; `handsel "
			 "sync %s` mails, and channel=folder (handsel link set) goes back to "
			 "folders",
			 link, link);
		return FALSE;
	}
	if (id == NULL || strlen(id) < NAME_LINK_LEN || role == NULL) {
		fail_set(error, FAIL_CONFIG,
			 "link %s is not whole: link.id or link.role is missing", link);
		return FALSE;
	}
	g_autofree char *place = in ? place_of(conf, dir, "folder.receive", "RECEIVE")
				    : place_of(conf, dir, "folder.send", "SEND");
	media_lane *l = g_new0(media_lane, 1);
	l->from = l->to = l->stick = -1;
	l->link = g_strdup(link);
	g_strlcpy(l->link8, id, sizeof l->link8);
	l->role = g_str_equal(role, "master") == in ? 's' : 'm';
	l->brought = g_ptr_array_new();
	if (!open_ends(c, l, place, error)) {
		lane_free(l);
		return FALSE;
	}
	g_ptr_array_add(c->lanes, l);
	return TRUE;
}

/* ---- carrying ---- */

static void
tell(const carrier *c, const media_lane *l, const media_entry *e, media_outcome outcome,
     const char *text)
{
	g_autofree char *id = name_id(&e->name);
	const media_file f = {l->link, id, e->file, e->size, outcome, text};

	c->run->each(&f, c->run->data);
}

/* The lane whose next file is the oldest; NULL: all is done. */
static media_lane *
oldest(const carrier *c)
{
	media_lane *best = NULL;
	gint64 time = G_MAXINT64;

	for (guint i = 0; i < c->lanes->len; i++) {
		media_lane *l = c->lanes->pdata[i];
		const media_entry *e = l->next < l->left->len ? l->left->pdata[l->next] : NULL;

		if (e != NULL && (best == NULL || e->time < time)) {
			best = l;
			time = e->time;
		}
	}
	return best;
}

static gboolean
carry(carrier *c, media_lane *l, const media_entry *e, GError **error)
{
	static const char *const texts[MEDIA_OUTCOMES] = {
		[MEDIA_LEFT] = "no room for it",
		[MEDIA_DAMAGED] = "its bytes are not those its name promises",
	};
	g_autoptr(GError) why = NULL;
	media_outcome outcome;

	if (!c->run->in && !c->run->again && g_hash_table_contains(l->delivered, e->file)) {
		tell(c, l, e, MEDIA_BEFORE, NULL);
		return TRUE;
	}
	if (e->size > c->space) {
		outcome = MEDIA_LEFT;
	} else if (!media_copy(l, e, &outcome, &why)) {
		/* The partner has acknowledged it meanwhile, and it was taken back. */
		if (faccessat(l->from, e->file, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	if (outcome == MEDIA_CARRIED)
		c->space -= e->size;
	if (c->run->in && (outcome == MEDIA_CARRIED || outcome == MEDIA_THERE))
		g_ptr_array_add(l->brought, e->file);
	tell(c, l, e, outcome, texts[outcome]);
	return TRUE;
}

/* Notes what was brought, then takes it off the stick: a crash in between brings it once more. */
static gboolean
finish_in(media_lane *l, GError **error)
{
	if (l->brought->len == 0)
		return TRUE;
	for (guint i = 0; i < l->brought->len; i++)
		g_hash_table_add(l->delivered, g_strdup(l->brought->pdata[i]));
	if (!media_write_delivered(l, error))
		return FALSE;
	for (guint i = 0; i < l->brought->len; i++)
		if (!fsio_remove(l->stick, l->brought->pdata[i], error))
			return FALSE;
	return fsio_sync(l->stick, error);
}

static gboolean
is_gone(gpointer name, gpointer unused, gpointer data)
{
	const media_lane *l = data;

	(void)unused;
	return !fsio_exists(l->from, name);
}

/* What the partner has acknowledged is never loaded again, and need not be remembered. */
static gboolean
finish_out(media_lane *l, GError **error)
{
	return g_hash_table_foreach_remove(l->delivered, is_gone, l) == 0 ||
	       media_write_delivered(l, error);
}

static gboolean
carry_all(carrier *c, GError **error)
{
	g_autoptr(GError) why = NULL;
	media_lane *l;

	while (why == NULL && (l = oldest(c)) != NULL)
		if (carry(c, l, l->left->pdata[l->next], &why))
			l->next++;
	for (guint i = 0; i < c->lanes->len; i++) {
		l = c->lanes->pdata[i];
		/* What was brought before the trouble is noted in spite of it. */
		if (l->stick >= 0 &&
		    !(c->run->in ? finish_in : finish_out)(l, why == NULL ? &why : NULL))
			break;
	}
	if (why == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

static void
open_lanes(carrier *c, const site *site, const GPtrArray *links)
{
	for (guint i = 0; i < links->len; i++) {
		g_autoptr(GError) why = NULL;

		if (open_lane(c, site, links->pdata[i], &why))
			continue;
		const media_file f = {
			.link = links->pdata[i], .outcome = MEDIA_AWAY, .text = why->message};
		c->run->each(&f, c->run->data);
	}
}

/* TOP of the stick at DIR, locked; -1 on error. */
static int
open_stick(const media_run *run, const char *dir, int *ret_lock, GError **error)
{
	int root = fsio_open_dir(dir, error);

	if (root < 0)
		return -1;
	if (run->in && !fsio_exists(root, TOP)) {
		fail_set(error, FAIL_CONFIG, "%s has no directory " TOP "; is it the right stick?",
			 dir);
		close(root);
		return -1;
	}
	int top = open_below(root, TOP, !run->in, error);
	close(root);
	if (top < 0)
		return -1;
	*ret_lock = fsio_lock(top, ".lock", 0, error);
	if (*ret_lock < 0) {
		close(top);
		return -1;
	}
	(void)!fchmod(*ret_lock, 0666);
	return top;
}

gboolean
media_carry(const site *site, const GPtrArray *links, const char *dir, const media_run *run,
	    GError **error)
{
	int lock;
	carrier c = {.run = run, .space = run->space, .top = open_stick(run, dir, &lock, error)};

	if (c.top < 0)
		return FALSE;
	c.lanes = g_ptr_array_new_with_free_func(lane_free);
	open_lanes(&c, site, links);
	gboolean ok = carry_all(&c, error);
	g_ptr_array_unref(c.lanes);
	close(lock);
	close(c.top);
	return ok;
}
