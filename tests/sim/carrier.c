#include "tests/sim/sim.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "spool/name.h"

GPtrArray *
carrier_names(const char *dir)
{
	int fd = fsio_open_dir(dir, NULL);
	GPtrArray *all = fd < 0 ? NULL : fsio_list(fd, NAMES_MAX, NULL);

	if (fd >= 0)
		close(fd);
	if (all == NULL)
		return g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < all->len;)
		if (*(char *)all->pdata[i] == '.')
			g_ptr_array_remove_index(all, i);
		else
			i++;
	return all;
}

gboolean
carrier_put(sim *s, const char *dir, const char *name, const char *data, gsize len)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	const struct timespec when[2] = {{.tv_sec = s->now}, {.tv_sec = s->now}};
	/* The place may be cut off, or something strange may have the name. */
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return FALSE;
	gboolean ok = fsio_write_all(fd, data, len, NULL) && futimens(fd, when) == 0;
	close(fd);
	return ok;
}

/* The bytes of DIR/NAME, NULL where they can't be read; caller frees. */
static char *
bytes_of(const char *dir, const char *name, gsize *ret_len)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *data = NULL;

	return g_file_get_contents(path, &data, ret_len, NULL) ? data : NULL;
}

static void
copy_file(sim *s, const char *from, const char *name, const char *to, const char *as)
{
	gsize len;
	g_autofree char *data = bytes_of(from, name, &len);

	if (data != NULL)
		carrier_put(s, to, as, data, len);
}

static void
drop(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	unlink(path);
}

/* An own number has one hash, whatever happens, and what is offered is what its name says. */
static void
check_offer(sim *s, end *e, const char *file)
{
	envelope_name name;
	gsize len;
	g_autofree char *data = bytes_of(e->send, file, &len);

	if (data == NULL)
		return;
	if (!name_find(file, e->link8, e->master ? 'm' : 's', &name)) {
		sim_bad(s, "%s offers a file with the name %s", e->at->name, file);
		return;
	}
	g_autofree char *sha = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guint8 *)data, len);
	if (strncmp(sha, name_own_hash(&name), NAME_HASH_LEN) != 0)
		sim_bad(s, "%s offers %s, whose bytes are others", e->at->name, file);
	/* Who begins anew counts from the beginning. */
	if (name.series != 0 || s->restores)
		return;
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, name.number);
	const char *before = g_hash_table_lookup(e->offered, number);
	if (before != NULL && strcmp(before, name.hash) != 0)
		sim_bad(s, "%s offers two envelopes with number %s", e->at->name, number);
	g_hash_table_insert(e->offered, g_steal_pointer(&number), g_strdup(name.hash));
}

static void
pick_up(sim *s, end *e, const char *file)
{
	double x = s->calm ? 0.5 : sim_chance(s);
	figures *f = &s->book->f;

	check_offer(s, e, file);
	copy_file(s, e->send, file, e->seen, file);
	if (x < 0.15) {
		drop(e->send, file);
		f->lost++;
		sim_say(s, "lost: %s", file);
		return;
	}
	if (x < 0.22)
		return;
	copy_file(s, e->send, file, e->way, file);
	if (x < 0.9)
		drop(e->send, file);
}

static void
deliver(sim *s, end *e, const char *file)
{
	if (!s->calm && sim_chance(s) < 0.35)
		return; /* another time, and perhaps after others */
	copy_file(s, e->way, file, e->peer->receive, file);
	s->book->f.carried++;
	sim_say(s, "carried: %s", file);
	if (s->calm || sim_chance(s) < 0.85)
		drop(e->way, file);
}

void
carrier_move(sim *s, end *e)
{
	if (!e->send_cut) {
		g_autoptr(GPtrArray) sent = carrier_names(e->send);
		for (guint i = 0; i < sent->len; i++)
			pick_up(s, e, sent->pdata[i]);
	}
	if (e->peer->receive_cut)
		return;
	g_autoptr(GPtrArray) way = carrier_names(e->way);
	for (guint i = 0; i < way->len; i++)
		deliver(s, e, way->pdata[i]);
}
