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

/* RFC 9580, section 4.2: the tag of the header of N bytes at P, 0 if there is none.  *RET_SIZE is
 * the whole packet, 0 if its length is not known in front. */
static int
header(const guint8 *p, gsize n, guint64 *ret_size)
{
	*ret_size = 0;
	if (n < 2 || (p[0] & 0x80) == 0)
		return 0;
	if ((p[0] & 0x40) == 0) { /* the old format */
		int octets = 1 << (p[0] & 3);

		if (octets < 8 && n >= 1 + (gsize)octets)
			*ret_size = 1 + (guint64)octets + big_endian(p + 1, octets);
		return p[0] >> 2 & 15;
	}
	if (p[1] < 192)
		*ret_size = 2 + (guint64)p[1];
	else if (p[1] < 224 && n >= 3)
		*ret_size = 3 + (guint64)(p[1] - 192) * 256 + p[2] + 192;
	else if (p[1] == 255 && n >= 6)
		*ret_size = 6 + (guint64)big_endian(p + 2, 4);
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
