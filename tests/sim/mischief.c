/*
 * What a carrier does that should not happen.  END is the one whose files are concerned; they
 * arrive, or should have, at its peer.
 */
#include "tests/sim/sim.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "spool/name.h"

typedef struct {
	sim *s;
	end *e;
	const char *receive; /* of the peer */
	char *file, *data;   /* one that END sent once; NULL: none yet */
	gsize len;
} prank;

static void
take_old(prank *p)
{
	g_autoptr(GPtrArray) all = carrier_names(p->e->seen);

	if (all->len == 0)
		return;
	p->file = g_strdup(all->pdata[sim_below(p->s, all->len)]);
	g_autofree char *path = g_build_filename(p->e->seen, p->file, NULL);
	if (!g_file_get_contents(path, &p->data, &p->len, NULL))
		g_clear_pointer(&p->file, g_free);
}

static void
replay(prank *p)
{
	carrier_put(p->s, p->receive, p->file, p->data, p->len);
	p->s->book->f.replayed++;
}

static void
replay_renamed(prank *p)
{
	guint n = sim_below(p->s, 4);
	g_autofree char *as = n == 0   ? g_ascii_strup(p->file, -1)
			      : n == 1 ? g_strconcat(p->file, " (1)", NULL)
			      : n == 2 ? g_strconcat("copy of ", p->file, NULL)
				       : g_strconcat(p->file, ".conflict", NULL);

	carrier_put(p->s, p->receive, as, p->data, p->len);
	p->s->book->f.replayed++;
}

static void
reflect(prank *p)
{
	if (!p->e->receive_cut)
		carrier_put(p->s, p->e->receive, p->file, p->data, p->len);
	p->s->book->f.replayed++;
}

/* Into some other link's directory, under a name that fits there. */
static void
astray(prank *p)
{
	end *other = &p->s->end[sim_below(p->s, p->s->ends)];
	g_autofree char *as = g_strdup(p->file);

	if (strlen(as) > NAME_LINK_LEN + 2 && other->link8[0] != '\0') {
		memcpy(as, other->link8, NAME_LINK_LEN);
		as[NAME_LINK_LEN + 1] = other->peer->master ? 'm' : 's';
	}
	if (!other->receive_cut)
		carrier_put(p->s, other->receive, as, p->data, p->len);
	p->s->book->f.strange++;
}

static void
truncate_it(prank *p)
{
	if (p->len > 1)
		carrier_put(p->s, p->receive, p->file, p->data,
			    1 + sim_below(p->s, (guint)p->len - 1));
	p->s->book->f.damaged++;
}

static void
flip(prank *p)
{
	if (p->len == 0)
		return;
	p->data[sim_below(p->s, (guint)p->len)] ^= (char)(1 << sim_below(p->s, 8));
	carrier_put(p->s, p->receive, p->file, p->data, p->len);
	p->s->book->f.damaged++;
}

/* FILE, with the number N more and the hash of the bytes; NULL if that makes no name. */
static char *
name_of(prank *p, int n)
{
	envelope_name name;

	if (!name_find(p->file, p->e->link8, p->e->master ? 'm' : 's', &name) || name.parts > 0 ||
	    (n < 0 && name.number < (guint64)-n + 1))
		return NULL;
	g_autofree char *sha =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guint8 *)p->data, p->len);
	g_strlcpy(name.hash, sha, sizeof name.hash);
	name.number += (guint64)n;
	return name_format(&name);
}

/* Damaged, with a name that promises just these bytes: only the seal tells. */
static void
forge(prank *p)
{
	if (p->len == 0)
		return;
	p->data[sim_below(p->s, (guint)p->len)] ^= (char)(1 << sim_below(p->s, 8));
	g_autofree char *as = name_of(p, sim_below(p->s, 2) == 0 ? 0 : 1);
	if (as != NULL)
		carrier_put(p->s, p->receive, as, p->data, p->len);
	p->s->book->f.damaged++;
}

/* Genuine bytes under the number of another. */
static void
renumber(prank *p)
{
	g_autofree char *as = name_of(p, (int)sim_below(p->s, 7) - 3);

	if (as != NULL && strcmp(as, p->file) != 0)
		carrier_put(p->s, p->receive, as, p->data, p->len);
	p->s->book->f.strange++;
}

static void
litter(prank *p)
{
	g_autofree char *path = g_build_filename(p->receive, p->file, NULL);
	g_autofree char *target = g_build_filename(p->e->seen, p->file, NULL);
	int rc = -1;

	switch (sim_below(p->s, 5)) {
	case 0:
		rc = symlink(target, path);
		break;
	case 1:
		rc = link(target, path);
		break;
	case 2:
		rc = mkfifo(path, 0600);
		break;
	case 3:
		rc = mkdir(path, 0700);
		break;
	default:
		carrier_put(p->s, p->receive, "readme.txt", "hello", 5);
	}
	p->s->book->f.strange += rc == 0;
}

/* Something that has arrived goes away again. */
static void
steal(prank *p)
{
	g_autoptr(GPtrArray) all = carrier_names(p->receive);

	if (all->len == 0)
		return;
	g_autofree char *path =
		g_build_filename(p->receive, all->pdata[sim_below(p->s, all->len)], NULL);
	unlink(path);
	p->s->book->f.lost++;
}

/* What is said to be sent is thrown away by a tool that tidies up. */
static void
sweep(prank *p)
{
	g_autoptr(GPtrArray) all = carrier_names(p->e->send);

	for (guint i = 0; i < all->len; i++) {
		g_autofree char *path = g_build_filename(p->e->send, all->pdata[i], NULL);
		unlink(path);
		p->s->book->f.lost++;
	}
}

/* ---- shares ---- */

static void
cut_or_mend(sim *s, const char *dir, gboolean *cut)
{
	g_autofree char *aside = g_strconcat(dir, ".away", NULL);

	if (rename(*cut ? aside : dir, *cut ? dir : aside) != 0)
		sim_bad(s, "cannot move %s", dir);
	*cut = !*cut;
	s->book->f.cut += *cut;
}

static void
cut_send(prank *p)
{
	cut_or_mend(p->s, p->e->send, &p->e->send_cut);
}

static void
cut_receive(prank *p)
{
	cut_or_mend(p->s, p->e->peer->receive, &p->e->peer->receive_cut);
}

static const struct {
	const char *name;
	void (*play)(prank *);
} pranks[] = {
	{"replays", replay},         {"replays", replay},
	{"renames", replay_renamed}, {"reflects", reflect},
	{"leads astray", astray},    {"truncates", truncate_it},
	{"flips a bit", flip},       {"forges", forge},
	{"renumbers", renumber},     {"litters", litter},
	{"steals", steal},           {"tidies SEND", sweep},
	{"cuts SEND", cut_send},     {"cuts RECEIVE", cut_receive},
};

void
mischief(sim *s, end *e)
{
	guint n = sim_below(s, G_N_ELEMENTS(pranks));
	prank p = {.s = s, .e = e, .receive = e->peer->receive};

	/* A share that is away comes back sooner or later. */
	if (e->send_cut && sim_below(s, 3) == 0)
		cut_send(&p);
	if (e->peer->receive_cut && sim_below(s, 3) == 0)
		cut_receive(&p);
	take_old(&p);
	if (p.file == NULL)
		return;
	sim_say(s, "the carrier %s: %s to %s, %s", pranks[n].name, e->at->name, e->peer->at->name,
		p.file);
	pranks[n].play(&p);
	g_free(p.file);
	g_free(p.data);
}

/* Removes what is no regular file with one link: nobody would ever take it. */
static void
clean(const char *dir)
{
	g_autoptr(GPtrArray) all = carrier_names(dir);

	for (guint i = 0; i < all->len; i++) {
		g_autofree char *path = g_build_filename(dir, all->pdata[i], NULL);
		struct stat st;

		if (lstat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_nlink > 1))
			fsio_remove_tree(path, NULL);
	}
}

void
mischief_over(sim *s)
{
	for (guint i = 0; i < s->ends; i++) {
		end *e = &s->end[i];

		if (e->send_cut)
			cut_or_mend(s, e->send, &e->send_cut);
		if (e->receive_cut)
			cut_or_mend(s, e->receive, &e->receive_cut);
		clean(e->receive);
	}
}
