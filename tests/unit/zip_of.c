#include "zip_of.h"

#include <string.h>

static const char manifest_text[] =
	"{\"format\":\"1.0\",\"link\":\"01j9x4ab0123456789abcdefgh\","
	"\"from\":\"0123456789ABCDEF0123456789ABCDEF01234567\",\"role\":\"master\","
	"\"epoch\":\"zzzzzzzzzz0123456789abcdef\",\"kind\":\"changes\",\"number\":1,"
	"\"protect\":\"sign\"}";

static void
put(GByteArray *zip, guint64 value, guint bytes)
{
	for (guint i = 0; i < bytes; i++, value >>= 8) {
		guint8 byte = (guint8)value;

		g_byte_array_append(zip, &byte, 1);
	}
}

static guint32
crc_of(const guint8 *data, gsize len)
{
	guint32 crc = 0xffffffff;

	for (gsize i = 0; i < len; i++) {
		crc ^= data[i];
		for (guint bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & (0 - (crc & 1)));
	}
	return ~crc;
}

zip_entry
zip_entry_of(const char *name, const void *data, gsize size)
{
	return (zip_entry){name, strlen(name), data, size, 0, 0, size, crc_of(data, size), 0};
}

zip_entry
zip_manifest(void)
{
	return zip_entry_of("manifest.json", manifest_text, sizeof manifest_text - 1);
}

/* What both headers of an entry have (APPNOTE.TXT 4.3.7 and 4.3.12). */
static void
put_common(GByteArray *zip, const zip_entry *e)
{
	put(zip, 20, 2);
	put(zip, e->flags, 2);
	put(zip, e->method, 2);
	put(zip, 0, 4);
	put(zip, e->crc, 4);
	put(zip, e->size, 4);
	put(zip, e->claims, 4);
	put(zip, e->name_len, 2);
	put(zip, 0, 2);
}

static void
put_entry(GByteArray *zip, zip_entry *e)
{
	e->at = zip->len;
	put(zip, 0x04034b50, 4);
	put_common(zip, e);
	g_byte_array_append(zip, (const guint8 *)e->name, (guint)e->name_len);
	if (e->size > 0)
		g_byte_array_append(zip, e->data, (guint)e->size);
}

static void
put_listed(GByteArray *zip, const zip_entry *e)
{
	put(zip, 0x02014b50, 4);
	put(zip, 20, 2);
	put_common(zip, e);
	put(zip, 0, 2 + 2 + 2);
	put(zip, 0, 4);
	put(zip, e->at, 4);
	g_byte_array_append(zip, (const guint8 *)e->name, (guint)e->name_len);
}

GByteArray *
zip_of(zip_entry *entries, guint count)
{
	GByteArray *zip = g_byte_array_new();

	for (guint i = 0; i < count; i++)
		put_entry(zip, &entries[i]);
	guint directory = zip->len;
	for (guint i = 0; i < count; i++)
		put_listed(zip, &entries[i]);
	guint end = zip->len;
	put(zip, 0x06054b50, 4);
	put(zip, 0, 2 + 2);
	put(zip, count, 2);
	put(zip, count, 2);
	put(zip, end - directory, 4);
	put(zip, directory, 4);
	put(zip, 0, 2);
	return zip;
}
