#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "pgp/helper.h"
#include "pgp/pgp.h"

/* An agent's socket name may have 107 bytes, a link's directory has more. */
#define SHORT_ROOT   PGP_SHORT_ROOT
#define SHORT_PREFIX "handsel-pgp-"
#define SHORT_TRIES  5
#define LOCK_NAME    "handsel-pgp.lock"
#define LOCK_WAIT_MS 4000 /* longer than a keeper takes to end an agent */
#define CONF_MAX     4096

struct helper_home {
	char *path;
	int dir;  /* the key ring */
	int lock; /* ours as long as we live */
	char *short_dir;
	int short_fd; /* locked: whoever sweeps sees that we live */
	char *name;
	pid_t keeper;
	int life; /* the keeper watches the other end */
};

/*
 * A partner's clock may be wrong and a stick may come after a year: times are not
 * judged.  Keys come by the handshake only: nothing is looked up.  Nobody is there to type a
 * passphrase.  The zip inside is compressed already.
 */
static const char gpg_conf[] = "# written by handsel-pgp\n"
			       "no-greeting\n"
			       "no-tty\n"
			       "pinentry-mode cancel\n"
			       "charset utf-8\n"
			       "utf8-strings\n"
			       "ignore-time-conflict\n"
			       "ignore-valid-from\n"
			       "trust-model always\n"
			       "no-auto-check-trustdb\n"
			       "no-auto-key-locate\n"
			       "no-auto-key-retrieve\n"
			       "disable-dirmngr\n"
			       "import-options import-minimal,self-sigs-only\n"
			       "compress-algo none\n"
			       "digest-algo SHA256\n"
			       "personal-digest-preferences SHA256\n"
			       "cert-digest-algo SHA256\n";

/* s2k-count: an agent otherwise spends 0.3 s on each use of a key with a passphrase. */
static const char agent_conf[] = "# written by handsel-pgp\n"
				 "s2k-count 65536\n"
				 "default-cache-ttl 34560000\n"
				 "max-cache-ttl 34560000\n"
				 "disable-scdaemon\n"
				 "extra-socket none\n"
				 "browser-socket none\n"
				 "no-allow-external-cache\n";

static gboolean
check_mode(int dir, const char *path, GError **error)
{
	struct stat st;

	if (fstat(dir, &st) < 0) {
		fail_errno(error, errno, "cannot examine the key ring %s", path);
		return FALSE;
	}
	if (st.st_uid != geteuid()) {
		fail_set(error, FAIL_CONFIG, "the key ring %s belongs to another user", path);
		return FALSE;
	}
	if ((st.st_mode & 077) != 0) {
		fail_set(error, FAIL_CONFIG,
			 "the key ring %s is open to other users; look who could read it, then "
			 "chmod 700",
			 path);
		return FALSE;
	}
	return TRUE;
}

/* Makes NAME hold TEXT; a start that finds it so writes nothing. */
static gboolean
write_conf(int dir, const char *name, const char *text, GError **error)
{
	if (fsio_exists(dir, name)) {
		g_autofree char *old = fsio_read(dir, name, CONF_MAX, NULL, NULL);

		if (g_strcmp0(old, text) == 0)
			return TRUE;
	}
	return fsio_store(dir, name, text, strlen(text), 0600, error);
}

/* Removes the short directory NAME if its helper is dead: then nobody locks it. */
static void
sweep_one(int root, const char *name)
{
	struct stat st;
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		unlinkat(fd, HELPER_SHORT_LINK, 0);
		unlinkat(root, name, AT_REMOVEDIR);
	}
	close(fd);
}

static void
sweep(void)
{
	g_autoptr(GDir) d = g_dir_open(SHORT_ROOT, 0, NULL);
	int root = fsio_open_dir(SHORT_ROOT, NULL);
	const char *name;

	while (d != NULL && root >= 0 && (name = g_dir_read_name(d)) != NULL)
		if (g_str_has_prefix(name, SHORT_PREFIX))
			sweep_one(root, name);
	if (root >= 0)
		close(root);
}

/* One try: a helper that sweeps may take the directory away before it is locked. */
static gboolean
try_short_dir(helper_home *h, const char *target, GError **error)
{
	g_autofree char *dir = g_strdup(SHORT_ROOT "/" SHORT_PREFIX "XXXXXX");

	if (g_mkdtemp_full(dir, 0700) == NULL) {
		fail_errno(error, errno, "cannot make a directory in %s", SHORT_ROOT);
		return FALSE;
	}
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    symlinkat(target, fd, HELPER_SHORT_LINK) < 0) {
		fail_errno(error, errno, "cannot make a short name for %s", target);
		if (fd >= 0)
			close(fd);
		rmdir(dir);
		return FALSE;
	}
	h->short_fd = fd;
	h->name = g_build_filename(dir, HELPER_SHORT_LINK, NULL);
	h->short_dir = g_steal_pointer(&dir);
	return TRUE;
}

static gboolean
make_short_dir(helper_home *h, const char *target, GError **error)
{
	for (int i = 1; i < SHORT_TRIES; i++)
		if (try_short_dir(h, target, NULL))
			return TRUE;
	return try_short_dir(h, target, error);
}

static gboolean
claim(helper_home *h, const char *path, GError **error)
{
	if (!fsio_mkdirs(path, 0700, error))
		return FALSE;
	h->dir = fsio_open_dir(path, error);
	if (h->dir < 0 || !check_mode(h->dir, path, error))
		return FALSE;
	h->lock = fsio_lock(h->dir, LOCK_NAME, LOCK_WAIT_MS, error);
	return h->lock >= 0;
}

helper_home *
helper_home_open(const char *path, GError **error)
{
	g_autoptr(helper_home) h = g_new0(helper_home, 1);

	h->dir = h->lock = h->short_fd = h->life = -1;
	h->keeper = -1;
	h->path = g_strdup(path);
	if (!claim(h, path, error) || !write_conf(h->dir, "gpg.conf", gpg_conf, error) ||
	    !write_conf(h->dir, "gpg-agent.conf", agent_conf, error))
		return NULL;
	return g_steal_pointer(&h);
}

gboolean
helper_home_wake(helper_home *h, GError **error)
{
	if (h->keeper >= 0)
		return TRUE;
	sweep();
	if (h->short_dir == NULL && !make_short_dir(h, h->path, error))
		return FALSE;
	/* An agent that a dead helper left ends when its socket is gone. */
	if (!fsio_remove(h->dir, "S.gpg-agent", error))
		return FALSE;
	h->keeper = helper_hold_start(h->short_dir, &h->life, error);
	return h->keeper >= 0;
}

void
helper_home_close(helper_home *h)
{
	if (h == NULL)
		return;
	if (h->life >= 0)
		close(h->life);
	if (h->keeper >= 0)
		while (waitpid(h->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	if (h->short_dir != NULL) { /* also where the keeper never came to it */
		unlink(h->name);
		rmdir(h->short_dir);
	}
	int fds[] = {h->short_fd, h->lock, h->dir};
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	g_free(h->path);
	g_free(h->short_dir);
	g_free(h->name);
	g_free(h);
}

const char *
helper_home_name(const helper_home *h)
{
	return h->name;
}

int
helper_home_dir(const helper_home *h)
{
	return h->dir;
}
