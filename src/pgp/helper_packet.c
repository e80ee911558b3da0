#include <errno.h>
#include <unistd.h>

#include "base/fail.h"
#include "pgp/helper.h"

#define SESSION_KEYS_MAX 64 /* packets before the data; we write two */
#define HEADER_MAX       6

/* RFC 9580, section 5 */
enum {
	TAG_PKESK = 1,
	TAG_SIGNATURE = 2,
	TAG_SKESK = 3,
	TAG_ONE_PASS = 4,
	TAG_COMPRESSED = 8,
	TAG_LITERAL = 11,
	TAG_SEIPD = 18,
	TAG_OCB = 20 /* GnuPG's */
};

static guint32
big_endian(const guint8 *p, int n)
{
	guint32 v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/*
 * RFC 9580, section 4.2.1: reads the length in the N bytes at P.  The octets it takes, 0 if there
 * is none; *RET_PARTIAL: another length follows behind what it counts.
 */
static gsize
new_length(const guint8 *p, gsize n, guint64 *ret, gboolean *ret_partial)
{
	gsize octets = n == 0                                      ? 0
		       : p[0] < 192 || (p[0] >= 224 && p[0] < 255) ? 1
		       : p[0] < 224                                ? 2
								   : 5;

	*ret_partial = octets == 1 && p[0] >= 224;
	if (octets == 0 || octets > n)
		return 0;
	if (*ret_partial)
		*ret = (guint64)1 << (p[0] & 31);
	else if (octets == 1)
		*ret = p[0];
	else if (octets == 2)
		*ret = (guint64)(p[0] - 192) * 256 + p[1] + 192;
	else
		*ret = big_endian(p + 1, 4);
	return octets;
}

/* RFC 9580, section 4.2: the tag of the header of N bytes at P, 0 if there is none.  *RET_SIZE is
 * the whole packet, 0 if its length is not known in front. */
static int
header(const guint8 *p, gsize n, guint64 *ret_size)
{
	gboolean partial = FALSE;
	guint64 length = 0;

	*ret_size = 0;
	if (n < 2 || (p[0] & 0x80) == 0)
		return 0;
	if ((p[0] & 0x40) == 0) { /* the old format */
		int octets = 1 << (p[0] & 3);

		if (octets < 8 && n >= 1 + (gsize)octets)
			*ret_size = 1 + (guint64)octets + big_endian(p + 1, octets);
		return p[0] >> 2 & 15;
	}
	gsize octets = new_length(p + 1, n - 1, &length, &partial);
	if (octets > 0 && !partial)
		*ret_size = 1 + octets + length;
	return p[0] & 63;
}

/* The shape that a message with TAG behind KEYS public-key session keys has. */
static helper_shape
shape_of_tag(int tag, guint keys)
{
	switch (tag) {
	case TAG_SKESK:
		return SHAPE_PASSPHRASE;
	case TAG_SEIPD:
	case TAG_OCB:
		/* Without a session key the passphrase alone is the key. */
		return keys > 0 ? SHAPE_ENCRYPTED : SHAPE_PASSPHRASE;
	case TAG_SIGNATURE:
	case TAG_ONE_PASS:
		return keys == 0 ? SHAPE_SIGNED : SHAPE_OTHER;
	case TAG_COMPRESSED:
		return keys == 0 ? SHAPE_COMPRESSED : SHAPE_OTHER;
	case TAG_LITERAL:
		return keys == 0 ? SHAPE_PLAIN : SHAPE_OTHER;
	default:
		return SHAPE_OTHER;
	}
}

gboolean
helper_shape_of(int fd, helper_shape *ret, GError **error)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	int tag = TAG_PKESK;
	guint keys = 0;

	for (; at >= 0 && keys <= SESSION_KEYS_MAX; keys++) {
		guint8 p[HEADER_MAX];
		guint64 size;
		ssize_t n = pread(fd, p, sizeof p, at);

		if (n < 0)
			break;
		tag = header(p, (gsize)n, &size);
		if (tag != TAG_PKESK || size == 0) {
			*ret = shape_of_tag(tag, keys);
			return TRUE;
		}
		at += (off_t)size;
	}
	if (keys > SESSION_KEYS_MAX) {
		*ret = SHAPE_OTHER;
		return TRUE;
	}
	fail_errno(error, errno, "cannot read the message");
	return FALSE;
}

/* Section 4.2.1.4: may its body come in parts? */
static gboolean
is_data(int tag)
{
	return tag == TAG_LITERAL || tag == TAG_SEIPD || tag == TAG_OCB;
}

/* Moves *AT, at the lengths of a packet of the new format in parts, behind the packet. */
static gboolean
pass_parts(int fd, guint64 *at)
{
	gboolean partial = TRUE;

	while (partial) {
		guint8 p[HEADER_MAX];
		guint64 length = 0;
		ssize_t n = pread(fd, p, sizeof p, (off_t)*at);
		gsize octets = n <= 0 ? 0 : new_length(p, (gsize)n, &length, &partial);

		if (octets == 0)
			return FALSE;
		*at += octets + length;
	}
	return TRUE;
}

/* The tag of the packet at *AT, which moves behind it; 0 if it does not end before SIZE. */
static int
pass_packet(int fd, guint64 size, guint64 *at)
{
	guint8 p[HEADER_MAX];
	guint64 length = 0, behind = *at + 1;
	ssize_t n = pread(fd, p, sizeof p, (off_t)*at);
	int tag = n <= 0 ? 0 : header(p, (gsize)n, &length);

	if (length > 0)
		behind = *at + length;
	else if (!is_data(tag) || (p[0] & 0x40) == 0 || !pass_parts(fd, &behind))
		return 0;
	if (behind > size)
		return 0;
	*at = behind;
	return tag;
}

gboolean
helper_is_one_message(int fd, guint64 size, gboolean encrypted)
{
	guint64 at = 0;
	int tag = pass_packet(fd, size, &at);

	if (!encrypted)
		return tag == TAG_ONE_PASS && pass_packet(fd, size, &at) == TAG_LITERAL &&
		       pass_packet(fd, size, &at) == TAG_SIGNATURE && at == size;
	if (tag != TAG_PKESK)
		return FALSE;
	for (guint keys = 0; tag == TAG_PKESK && keys < SESSION_KEYS_MAX; keys++)
		tag = pass_packet(fd, size, &at);
	return (tag == TAG_SEIPD || tag == TAG_OCB) && at == size;
}
