/*
 * What is in one mail: envelopes of this link, or a report that one of ours did not arrive.
 */
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "spool/mail_private.h"
#include "spool/mime.h"

#define PARTS_MAX 100 /* parts of a mail that are saved */

gboolean
mail_concerns(const channel *c, const char *subject, const GPtrArray *names, gboolean report)
{
	envelope_name n;

	if (report || name_find(subject, c->link, c->partner, &n))
		return TRUE;
	for (guint i = 0; i < names->len; i++)
		if (name_find(names->pdata[i], c->link, c->partner, &n))
			return TRUE;
	return FALSE;
}

/* ---- envelopes ---- */

/* Part I of M as a file at 0 that has no name; -1 on error. */
static int
save_part(const channel *c, const mime *m, guint i, GError **error)
{
	guint64 most = (guint64)conf_int(c->conf, "mail.receive_size");
	int fd = mail_scratch(c, error);

	if (fd < 0)
		return -1;
	if (mime_part_save(m, i, fd, most, error) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

static gboolean
offer_part(channel *c, const mime *m, guint i, const envelope_name *name, mail_seen *seen,
	   channel_take *take, gpointer data, GError **error)
{
	int fd = save_part(c, m, i, error);

	if (fd < 0)
		return FALSE;
	g_autofree char *file = name_format(name);
	mail_offer *o = g_new0(mail_offer, 1);
	o->name = *name;
	g_ptr_array_add(seen->offers, o);
	/* Bytes in a mail do not grow any more. */
	gboolean ok = take(file, name, fd, TRUE, &o->verdict, data, error);
	close(fd);
	return ok;
}

static gboolean
is_tnef(const mime *m, guint i)
{
	const char *name = mime_part_name(m, i), *type = mime_part_type(m, i);

	return g_str_has_prefix(type, "application/ms-tnef") ||
	       g_str_has_prefix(type, "application/vnd.ms-tnef") ||
	       (name != NULL && g_ascii_strcasecmp(name, "winmail.dat") == 0);
}

/*
 * The name is in the subject alone: a mailer may have called the attachment otherwise.  Its hash
 * tells whether it is the one; *RET is the part, or -1.
 */
static void
find_renamed(channel *c, const mime *m, const envelope_name *name, int *ret)
{
	*ret = -1;
	for (guint i = 0; i < MIN(mime_parts(m), PARTS_MAX); i++) {
		if (is_tnef(m, i)) {
			mail_note_stray(c, name,
					"the sender's mail server has wrapped the attachment in "
					"winmail.dat (TNEF); ask for plain MIME mail, then it is "
					"sent again");
			continue;
		}
		int fd = g_str_has_prefix(mime_part_type(m, i), "text/") ? -1
									 : save_part(c, m, i, NULL);
		if (fd < 0)
			continue;
		g_autofree char *sha = fsio_sha(fd, NULL, NULL);
		close(fd);
		if (sha != NULL && strncmp(sha, name_own_hash(name), NAME_HASH_LEN) == 0)
			*ret = (int)i;
	}
}

static gboolean
offer_all(channel *c, const mime *m, mail_seen *seen, channel_take *take, gpointer data,
	  guint *ret_seen, GError **error)
{
	envelope_name name;
	int only = -1;

	for (guint i = 0; i < MIN(mime_parts(m), PARTS_MAX); i++) {
		const char *file = mime_part_name(m, i);

		if (file == NULL || !name_find(file, c->link, c->partner, &name))
			continue;
		(*ret_seen)++;
		if (!offer_part(c, m, i, &name, seen, take, data, error))
			return FALSE;
	}
	if (seen->offers->len > 0 || !name_find(mime_subject(m), c->link, c->partner, &name))
		return TRUE;
	find_renamed(c, m, &name, &only);
	if (only < 0)
		return TRUE;
	(*ret_seen)++;
	return offer_part(c, m, (guint)only, &name, seen, take, data, error);
}

/* ---- reports of failure ---- */

/* Is it about one of ours?  Then there is nothing to be read in it by anybody else. */
static void
take_bounce(channel *c, const mime *m, mail_seen *seen)
{
	const mime_bounce *b = mime_get_bounce(m);
	envelope_name name;

	if (b == NULL || b->id == NULL || !name_find(b->id, c->link, c->own, &name))
		return;
	g_autofree char *text =
		g_strdup_printf("%s%s%s", b->status, *b->status != '\0' ? " " : "", b->text);
	mail_note_bounce(c, &name, b->permanent, text);
	seen->used = TRUE;
}

gboolean
mail_look_at(channel *c, int fd, mail_seen *seen, channel_take *take, gpointer data,
	     guint *ret_seen, GError **error)
{
	/* What is no mail at all is nobody's. */
	g_autoptr(mime) m = mime_open(fd, NULL);

	if (m == NULL)
		return TRUE;
	take_bounce(c, m, seen);
	return seen->used || offer_all(c, m, seen, take, data, ret_seen, error);
}
