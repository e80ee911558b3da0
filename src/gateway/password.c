#include "gateway/password.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "spool/name.h"

#define WAYS 2

/* Which password of REQ belongs where. */
static const struct {
	const char *key, *file;
	gsize at;
} ways[WAYS] = {
	{"mail.password_file", "mail.password", offsetof(link_request, password)},
	{"mail.send_password_file", "mail.send_password", offsetof(link_request, send_password)},
};

static const char *
password_of(const link_request *req, guint way)
{
	return G_STRUCT_MEMBER(const char *, req, ways[way].at);
}

static gboolean
keep(const char *dir, const char *file, const char *password, GError **error)
{
	int fd = fsio_open_dir(dir, error);
	gboolean ok = fd >= 0 && fsio_store(fd, file, password, strlen(password), 0600, error);

	if (fd >= 0)
		close(fd);
	return ok;
}

gboolean
password_keep(const site *s, const char *dir, const link_request *req, conf *conf, GError **error)
{
	g_autofree char *place = site_link_dir(s, req->name);

	for (guint i = 0; i < WAYS; i++) {
		const char *password = password_of(req, i);
		g_autofree char *path = g_build_filename(place, ways[i].file, NULL);

		if (password != NULL && (!keep(dir, ways[i].file, password, error) ||
					 !conf_set(conf, ways[i].key, path, error)))
			return FALSE;
	}
	return TRUE;
}

/* ---- a try ---- */

/* A file in memory, for this process and its user alone; -1 on error. */
static int
hide(const char *password, GError **error)
{
	int fd = memfd_create("handsel", MFD_CLOEXEC);

	if (fd >= 0 && fchmod(fd, 0600) == 0 &&
	    fsio_write_all(fd, password, strlen(password), NULL))
		return fd;
	fail_errno(error, errno, "cannot keep a password in memory");
	if (fd >= 0)
		close(fd);
	return -1;
}

static gboolean
fill_conf(conf *c, const link_request *req, const char *channel, int fds[WAYS], GError **error)
{
	if (!conf_set(c, "channel", channel, error))
		return FALSE;
	for (guint i = 0; req->settings != NULL && req->settings[i] != NULL; i++)
		if (!conf_set_pair(c, req->settings[i], error))
			return FALSE;
	for (guint i = 0; i < WAYS; i++) {
		if (password_of(req, i) == NULL)
			continue;
		if ((fds[i] = hide(password_of(req, i), error)) < 0)
			return FALSE;
		g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fds[i]);
		if (!conf_set(c, ways[i].key, path, error))
			return FALSE;
	}
	return link_complete(c, req->name, error);
}

static gboolean
try_in(const char *dir, const conf *c, channel_verdict *tell, gpointer data, GError **error)
{
	const channel_ops *ops = channel_find(conf_text(c, "channel"));
	g_autofree char *id = rand_hex(NAME_LINK_LEN / 2);

	if (ops->test == NULL)
		return TRUE;
	channel *channel = ops->open(dir, c, id, 's', error);
	if (channel == NULL)
		return FALSE;
	ops->test(channel, tell, data);
	ops->close(channel);
	return TRUE;
}

gboolean
link_try(site *s, const link_request *req, const char *channel, channel_verdict *tell,
	 gpointer data, GError **error)
{
	g_autoptr(conf) c = conf_new("link.conf", SET_LINK);
	int fds[WAYS] = {-1, -1};
	gboolean ok = fill_conf(c, req, channel != NULL ? channel : req->channel, fds, error);
	g_autofree char *dir = ok ? site_link_prepare(s, error) : NULL;

	if (dir != NULL) {
		ok = try_in(dir, c, tell, data, error);
		site_link_abandon(dir);
	}
	for (guint i = 0; i < WAYS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return ok && dir != NULL;
}
