#include "spool/name.h"

#include <string.h>

#include "base/u64.h"

#define NUMBER_DIGITS 8 /* of a numbered envelope, at least */
#define PART_DIGITS   4

static const char series_letters[] = "arx";

char *
name_format(const envelope_name *name)
{
	g_autofree char *part = NULL;
	g_autofree char *number =
		name->series == 0
			? g_strdup_printf("%c%08" G_GUINT64_FORMAT, name->role, name->number)
			: g_strdup_printf("%c%c%" G_GUINT64_FORMAT, name->role, name->series,
					  name->number);

	if (name->parts > 0)
		part = g_strdup_printf(".p%04uof%04u-%s", name->part, name->parts, name->part_hash);
	return g_strdup_printf("%s-%s-%s%s.zip.gpg", name->link, number, name->hash,
			       part == NULL ? "" : part);
}

char *
name_id(const envelope_name *name)
{
	if (name->series == 0)
		return g_strdup_printf("%c%" G_GUINT64_FORMAT, name->role, name->number);
	return g_strdup_printf("%c%c%" G_GUINT64_FORMAT, name->role, name->series, name->number);
}

const char *
name_own_hash(const envelope_name *name)
{
	return name->parts > 0 ? name->part_hash : name->hash;
}

/* Each take_ function reads one piece in any case and moves *AT behind it; FALSE: not there. */
static gboolean
take_char(const char **at, char c)
{
	if (g_ascii_tolower(**at) != c)
		return FALSE;
	(*at)++;
	return TRUE;
}

static gboolean
take_text(const char **at, const char *text)
{
	for (; *text != '\0'; text++)
		if (!take_char(at, *text))
			return FALSE;
	return TRUE;
}

static gboolean
take_hash(const char **at, char ret[NAME_HASH_LEN + 1])
{
	for (guint i = 0; i < NAME_HASH_LEN; i++) {
		if (!g_ascii_isxdigit((*at)[i]))
			return FALSE;
		ret[i] = g_ascii_tolower((*at)[i]);
	}
	ret[NAME_HASH_LEN] = '\0';
	*at += NAME_HASH_LEN;
	return TRUE;
}

/* One number has one spelling: zeros lead only where they fill up to DIGITS. */
static gboolean
take_number(const char **at, guint digits, guint64 max, guint64 *ret)
{
	char text[24];
	gsize len = strspn(*at, "0123456789");

	if (len < digits || len >= sizeof text)
		return FALSE;
	gsize zeros = len > digits ? 0 : strspn(*at, "0");
	if (zeros == len)
		return FALSE;
	memcpy(text, *at + zeros, len - zeros);
	text[len - zeros] = '\0';
	*at += len;
	return u64_parse(text, max, ret);
}

/* ".p0001of0205-HASH8", or nothing of the kind: a whole. */
static gboolean
take_part(const char **at, envelope_name *name)
{
	guint64 part, parts;

	if (!take_text(at, ".p") || !take_number(at, PART_DIGITS, NAME_PARTS_MAX, &part) ||
	    !take_text(at, "of") || !take_number(at, PART_DIGITS, NAME_PARTS_MAX, &parts) ||
	    !take_char(at, '-') || part > parts || !take_hash(at, name->part_hash))
		return FALSE;
	name->part = (guint)part;
	name->parts = (guint)parts;
	return TRUE;
}

static gboolean
part_follows(const char *at)
{
	return at[0] == '.' && g_ascii_tolower(at[1]) == 'p' && g_ascii_isdigit(at[2]);
}

static gboolean
take_series(const char **at, char *ret)
{
	for (const char *letter = series_letters; *letter != '\0'; letter++) {
		if (take_char(at, *letter)) {
			*ret = *letter;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean
take_name(const char *at, const char *link, char role, envelope_name *ret)
{
	envelope_name name = {.role = role};

	if (!take_text(&at, link) || !take_char(&at, '-') || !take_char(&at, role))
		return FALSE;
	guint digits = take_series(&at, &name.series) ? 1 : NUMBER_DIGITS;
	if (!take_number(&at, digits, G_MAXINT64, &name.number) || !take_char(&at, '-') ||
	    !take_hash(&at, name.hash))
		return FALSE;
	if (part_follows(at) && !take_part(&at, &name))
		return FALSE;
	g_strlcpy(name.link, link, sizeof name.link);
	*ret = name;
	return TRUE;
}

gboolean
name_find(const char *file, const char *link, char role, envelope_name *ret)
{
	if (strlen(link) != NAME_LINK_LEN)
		return FALSE;
	for (; *file != '\0'; file++)
		if (take_name(file, link, role, ret))
			return TRUE;
	return FALSE;
}

gboolean
name_parse_id(const char *id, char *ret_role, guint64 *ret_number)
{
	guint64 number;
	char role = g_ascii_tolower(id[0]);

	if ((role != 'm' && role != 's') || !u64_parse(id + 1, G_MAXINT64, &number) || number == 0)
		return FALSE;
	*ret_role = role;
	*ret_number = number;
	return TRUE;
}
