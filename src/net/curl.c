/*
 * curl - libcurl, loaded at the first connection: with the 27 libraries behind it it takes more
 * time than the rest of a command's start
 */
#include "base/late.h"
#include "net/session_private.h"

static late_library curl = {LIBCURL_FILE, "mail"};

gboolean
session_load(GError **error)
{
	return late_load(&curl, error);
}

LATE_FUNCTION(curl, CURL *, curl_easy_init, (void), ())
LATE_FUNCTION(curl, void, curl_easy_cleanup, (CURL * handle), (handle))
LATE_FUNCTION(curl, CURLcode, curl_easy_perform, (CURL * handle), (handle))
LATE_FUNCTION(curl, CURLcode, curl_easy_recv, (CURL * handle, void *buf, size_t len, size_t *ret),
	      (handle, buf, len, ret))
LATE_FUNCTION(curl, CURLcode, curl_easy_send,
	      (CURL * handle, const void *buf, size_t len, size_t *ret), (handle, buf, len, ret))
LATE_FUNCTION(curl, const char *, curl_easy_strerror, (CURLcode code), (code))
LATE_FUNCTION(curl, time_t, curl_getdate, (const char *text, const time_t *unused), (text, unused))
LATE_FUNCTION(curl, struct curl_slist *, curl_slist_append,
	      (struct curl_slist * list, const char *text), (list, text))
LATE_FUNCTION(curl, void, curl_slist_free_all, (struct curl_slist * list), (list))

/* The last argument of these two has many types; an option's number tells its own. */
#undef curl_easy_setopt
#undef curl_easy_getinfo

G_GNUC_INTERNAL CURLcode
curl_easy_setopt(CURL *handle, CURLoption option, ...)
{
	static __typeof__(curl_easy_setopt) *function;
	CURLcode ret;
	va_list ap;

	if (function == NULL)
		function = late_function(&curl, "curl_easy_setopt");
	va_start(ap, option);
	if (option >= CURLOPTTYPE_BLOB)
		ret = function(handle, option, va_arg(ap, struct curl_blob *));
	else if (option >= CURLOPTTYPE_OFF_T)
		ret = function(handle, option, va_arg(ap, curl_off_t));
	else if (option >= CURLOPTTYPE_OBJECTPOINT)
		ret = function(handle, option, va_arg(ap, void *));
	else
		ret = function(handle, option, va_arg(ap, long));
	va_end(ap);
	return ret;
}

/* What is asked for goes where a pointer says. */
G_GNUC_INTERNAL CURLcode
curl_easy_getinfo(CURL *handle, CURLINFO info, ...)
{
	static __typeof__(curl_easy_getinfo) *function;
	va_list ap;

	if (function == NULL)
		function = late_function(&curl, "curl_easy_getinfo");
	va_start(ap, info);
	CURLcode ret = function(handle, info, va_arg(ap, void *));
	va_end(ap);
	return ret;
}
