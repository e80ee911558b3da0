/*
 * The machine: processes that die, a clock that stands where it is put, a disk without a platter.
 *
 * The functions of the C library that are defined here take the place of its own, for SQLite and
 * libzip, too.  Nothing is ever synced: a process that is killed loses nothing that it has written.
 */
#include "tests/sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#define REAL_ERA                                                                                   \
	G_GINT64_CONSTANT(1600000000) /* what bears a later time got it from the system            \
				       */
#define PLENTY ((guint64)1 << 40)
#define HANGS  60 /* seconds until a process counts as hanging */

static guint64 room;  /* bytes that can be written; 0: any */
static gboolean told; /* whoever asks is told how much that is */
static gboolean seated;
static jmp_buf grave;
static gboolean mortal; /* somebody is to be buried there */

int fsync(int fd);
int fdatasync(int fd);
ssize_t write(int fd, const void *buf, size_t len);
ssize_t pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t pwrite64(int fd, const void *buf, size_t len, off_t at);
int fstat(int fd, struct stat *st);
int fstatat(int dir, const char *name, struct stat *st, int flags);
int fstatvfs(int fd, struct statvfs *st);
int kill(pid_t pid, int sig);

int
fsync(int fd G_GNUC_UNUSED)
{
	return 0;
}

int
fdatasync(int fd G_GNUC_UNUSED)
{
	return 0;
}

/* Is there room for LEN more bytes in file FD?  What is no file has any. */
static gboolean
fits(int fd, size_t len)
{
	struct stat st;

	if (room == 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return TRUE;
	if (len < room) {
		room -= len;
		return TRUE;
	}
	room = 1;
	errno = ENOSPC;
	return FALSE;
}

ssize_t
write(int fd, const void *buf, size_t len)
{
	return fits(fd, len) ? syscall(SYS_write, fd, buf, len) : -1;
}

ssize_t
pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return fits(fd, len) ? syscall(SYS_pwrite64, fd, buf, len, at) : -1;
}

ssize_t
pwrite64(int fd, const void *buf, size_t len, off_t at)
{
	return pwrite(fd, buf, len, at);
}

/* The carrier dates what it puts by the simulated clock; the rest is from just now. */
static void
date(struct stat *st)
{
	if (!seated || !S_ISREG(st->st_mode))
		return;
	if (st->st_mtim.tv_sec > REAL_ERA)
		st->st_mtim = (struct timespec){.tv_sec = clock_now()};
	st->st_ctim = st->st_mtim;
}

int
fstatat(int dir, const char *name, struct stat *st, int flags)
{
	int rc = (int)syscall(SYS_newfstatat, dir, name, st, flags);

	if (rc == 0)
		date(st);
	return rc;
}

int
fstat(int fd, struct stat *st)
{
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

int
fstatvfs(int fd G_GNUC_UNUSED, struct statvfs *st)
{
	memset(st, 0, sizeof *st);
	st->f_frsize = st->f_bsize = 1;
	st->f_blocks = PLENTY;
	st->f_bavail = st->f_bfree = told ? room : PLENTY;
	return 0;
}

/* The process that plays goes on when the one it plays is killed. */
int
kill(pid_t pid, int sig)
{
	if (mortal && sig == SIGKILL && pid == getpid())
		longjmp(grave, 1);
	return (int)syscall(SYS_kill, pid, sig);
}

void
machine_seat(const sim *s, const place *at, guint32 seed)
{
	seated = TRUE;
	clock_stop(s->now + (at == NULL ? 0 : at->skew));
	rand_seed(seed);
	tracker_is(at == NULL ? NULL : &at->will);
}

/* What is drawn while TASK runs is drawn from SEED, whatever process it is in. */
static void
run(sim *s, const place *at, mishap m, guint32 seed, machine_task *task, gpointer data)
{
	g_autoptr(GError) error = NULL;
	GRand *outside = s->rand;

	s->rand = g_rand_new_with_seed(seed);
	machine_seat(s, at, seed);
	alarm(HANGS);
	room = m.room;
	told = m.told;
	fault_arm(NULL, m.nth, m.kind);
	gboolean ok = task(s, data, &error);
	fault_disarm();
	room = 0;
	told = FALSE;
	alarm(0);
	g_rand_free(s->rand);
	s->rand = outside;
	s->book->ok = ok;
	if (ok)
		return;
	s->book->code = error == NULL ? 0 : error->code;
	g_strlcpy(s->book->said, error == NULL ? "no reason" : error->message,
		  sizeof s->book->said);
}

/* What the system does for a process that ends. */
static void
bury(const place *at)
{
	alarm(0);
	fault_disarm();
	pool_die(at->home);
	closefrom(STDERR_FILENO + 1);
}

/* One that dies leaves its memory behind, which sim.c gives back. */
static outcome
run_and_die(sim *s, const place *at, mishap m, guint32 seed, machine_task *task, gpointer data)
{
	GRand *const outside = s->rand;

	if (setjmp(grave) == 0) {
		mortal = TRUE;
		run(s, at, m, seed, task, data);
		mortal = FALSE;
		return s->book->ok ? END_OK : END_FAILED;
	}
	mortal = FALSE;
	s->rand = outside;
	bury(at);
	return END_DIED;
}

outcome
machine_run(sim *s, const place *at, mishap m, machine_task *task, gpointer data)
{
	guint32 seed = sim_draw(s);
	outcome o;

	s->book->ok = FALSE;
	s->book->said[0] = '\0';
	/* Where the disk is full, databases are opened and closed as ever. */
	if (m.room > 0)
		pool_close(at->home);
	pool_keep(m.room == 0);
	o = run_and_die(s, at, m, seed, task, data);
	pool_keep(TRUE);
	machine_seat(s, NULL, seed);
	return o;
}
