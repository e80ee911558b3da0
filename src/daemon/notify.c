#include "daemon/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/u64.h"

void
notify_send(const char *state)
{
	const char *where = g_getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	gsize len = where != NULL ? strlen(where) : 0;

	if (len < 2 || len >= sizeof to.sun_path || (*where != '/' && *where != '@'))
		return;
	memcpy(to.sun_path, where, len);
	/* An abstract name begins with a zero byte. */
	if (*where == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

void
notify_reloading(void)
{
	g_autofree char *state =
		g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, clock_mono_us());

	notify_send(state);
}

guint64
notify_watchdog(void)
{
	const char *time = g_getenv("WATCHDOG_USEC"), *whose = g_getenv("WATCHDOG_PID");
	guint64 usec, pid;

	if (time == NULL || !u64_parse(time, G_MAXINT64, &usec))
		return 0;
	if (whose != NULL && (!u64_parse(whose, G_MAXINT, &pid) || pid != (guint64)getpid()))
		return 0;
	return usec;
}
