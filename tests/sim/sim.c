/*
 * sim [--seeds N] [--first M] [--jobs J] [--seed N [--verbose]]: the simulator as a TAP program
 */
#include "tests/sim/sim.h"

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"

#define JOBS_MAX    64
#define SEEDS_TAP   500 /* seeds of the ordinary test run */
#define REPLAYED    2   /* so many are played twice */
#define MEMORY_KEPT (256 << 20)
#define LOT         500 /* seeds of one process; who dies in them leaves memory behind */

typedef struct {
	gint seeds, first, jobs, seed;
	gboolean verbose, tap, keep;
} options;

/* What a process that plays tells the one that counts. */
typedef struct {
	notebook book;
	guint32 seed; /* that it is playing; 0: none */
	gboolean done;
} desk_of_job;

static const struct {
	const char *name;
	glong offset;
} told[] = {
#define FIGURE(member)                                                                             \
	{                                                                                          \
#member, G_STRUCT_OFFSET(figures, member)                                          \
	}
	FIGURE(seeds),       FIGURE(steps),     FIGURE(edits),   FIGURE(passes),  FIGURE(operated),
	FIGURE(deaths),      FIGURE(failures),  FIGURE(full),    FIGURE(sealed),  FIGURE(carried),
	FIGURE(lost),        FIGURE(replayed),  FIGURE(damaged), FIGURE(strange), FIGURE(cut),
	FIGURE(quarantined), FIGURE(conflicts), FIGURE(held),    FIGURE(differs), FIGURE(restored),
};

static guint64 *
figure(figures *f, gsize i)
{
	return &G_STRUCT_MEMBER(guint64, f, told[i].offset);
}

/* Where sites are made: in memory if it can be. */
static char *
make_place(void)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
	char *form = g_build_filename(tmp, "handsel-sim-XXXXXX", NULL);

	if (g_mkdtemp(form) == NULL)
		g_error("cannot make %s: %s", form, g_strerror(errno));
	/* SQLite and the pool of its connections go by real paths. */
	char *real = realpath(form, NULL);
	g_free(form);
	return real;
}

/* Plays SEED in a directory of its own below PLACE, which is removed; the digest, caller frees. */
static char *
play_in(const char *place, guint32 seed, notebook *book, const options *o)
{
	g_autofree char *name = g_strdup_printf("%u", seed);
	g_autofree char *dir = g_build_filename(place, name, NULL);
	char *digest = play(seed, dir, book, o->verbose);

	if (!o->keep)
		fsio_remove_tree(dir, NULL);
	return digest;
}

/* Plays the I-th seed; FALSE: it goes wrong. */
static gboolean
work_on(const options *o, const char *place, gint i, desk_of_job *desk)
{
	desk->seed = (guint32)(o->first + i);
	g_autofree char *digest = play_in(place, desk->seed, &desk->book, o);
	if (desk->book.bad[0] != '\0')
		return FALSE;
	if (i >= REPLAYED || o->seed > 0)
		return TRUE;
	g_autofree char *again = play_in(place, desk->seed, &desk->book, o);
	if (strcmp(digest, again) == 0)
		return TRUE;
	g_strlcpy(desk->book.bad, "it does not replay exactly", sizeof desk->book.bad);
	return FALSE;
}

/* Plays every JOBS-th seed, a lot in a process; ends at the first that goes wrong. */
static void
work(const options *o, const char *place, gint job, desk_of_job *desk)
{
	gint i = job, status;

	while (i < o->seeds) {
		gint end = MIN(o->seeds, i + LOT * o->jobs);
		pid_t pid = fork();

		if (pid == 0) {
			for (; i < end; i += o->jobs)
				if (!work_on(o, place, i, desk))
					_exit(1);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
			return;
		i += LOT * o->jobs;
	}
	desk->done = TRUE;
}

static void
tell_figures(figures *sum)
{
	g_autoptr(GString) line = g_string_new("#");

	for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
		g_string_append_printf(line, " %s %" G_GUINT64_FORMAT "%s", told[i].name,
				       *figure(sum, i), i + 1 < G_N_ELEMENTS(told) ? "," : "");
	printf("%s\n", line->str);
}

/* How many went wrong. */
static guint
tell(const options *o, desk_of_job *desks)
{
	figures sum = {0};
	guint bad = 0;

	for (gint j = 0; j < o->jobs; j++) {
		desk_of_job *d = &desks[j];

		for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
			*figure(&sum, i) += *figure(&d->book.f, i);
		if (d->done)
			continue;
		bad++;
		printf("# seed %u: %s\n#   tests/sim/sim --seed %u --verbose\n", d->seed,
		       d->book.bad[0] != '\0' ? d->book.bad : "the process that played it ended",
		       d->seed);
	}
	tell_figures(&sum);
	return bad;
}

static guint
play_all(options *o)
{
	g_autofree char *place = make_place();
	desk_of_job *desks = mmap(NULL, sizeof *desks * (gsize)o->jobs, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (desks == MAP_FAILED)
		g_error("no memory to share");
	fflush(stdout);
	for (gint j = 0; j < o->jobs; j++)
		if (fork() == 0) {
			work(o, place, j, &desks[j]);
			_exit(0);
		}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	if (!o->keep)
		fsio_remove_tree(place, NULL);
	guint bad = tell(o, desks);
	munmap(desks, sizeof *desks * (gsize)o->jobs);
	return bad;
}

int
main(int argc, char **argv)
{
	options o = {.seeds = SEEDS_TAP, .first = 1, .jobs = 2};
	const GOptionEntry entries[] = {
		{"seeds", 0, 0, G_OPTION_ARG_INT, &o.seeds, "how many seeds are played", "N"},
		{"first", 0, 0, G_OPTION_ARG_INT, &o.first, "the first of them", "M"},
		{"jobs", 0, 0, G_OPTION_ARG_INT, &o.jobs, "in so many processes", "J"},
		{"seed", 0, 0, G_OPTION_ARG_INT, &o.seed, "this one only", "N"},
		{"verbose", 0, 0, G_OPTION_ARG_NONE, &o.verbose, "tells each step", NULL},
		{"keep", 0, 0, G_OPTION_ARG_NONE, &o.keep, "leaves the sites behind", NULL},
		{"tap", 0, 0, G_OPTION_ARG_NONE, &o.tap, "as always", NULL},
		{0},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	/* What databases that are opened and closed all the time let go of is soon wanted again. */
	mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "sim: %s\n", error->message);
		return 2;
	}
	if (o.seed > 0) {
		o.first = o.seed;
		o.seeds = 1;
	}
	o.jobs = CLAMP(MIN(o.jobs, o.seeds), 1, JOBS_MAX);
	guint bad = play_all(&o);
	printf("1..1\n%s 1 - %d seeds from %d on: nothing is lost, nothing is there twice, all "
	       "comes to rest\n",
	       bad == 0 ? "ok" : "not ok", o.seeds, o.first);
	return bad == 0 ? 0 : 1;
}
