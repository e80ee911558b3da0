#include "net/resolve.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fail.h"

#define ADDRESSES_MAX 8

char *
net_resolve(const char *host, GError **error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *all = NULL;
	int status = getaddrinfo(host, NULL, &hints, &all);
	GString *text = g_string_new(NULL);
	guint count = 0;

	for (const struct addrinfo *a = all; a != NULL && count < ADDRESSES_MAX; a = a->ai_next) {
		char name[NI_MAXHOST];

		if (getnameinfo(a->ai_addr, a->ai_addrlen, name, sizeof name, NULL, 0,
				NI_NUMERICHOST) != 0)
			continue;
		g_string_append_printf(text, "%s%s", count++ == 0 ? "" : ", ", name);
	}
	if (all != NULL)
		freeaddrinfo(all);
	if (status == 0 && count > 0)
		return g_string_free(text, FALSE);
	g_string_free(text, TRUE);
	fail_set(error, REASON_MAIL_AWAY, "%s: %s", host,
		 status != 0 ? gai_strerror(status) : "it has no address");
	return NULL;
}
