#include "zip_of.h"

static const char manifest_text[] =
	"{\"format\":\"1.0\",\"link\":\"01j9x4ab0123456789abcdefgh\","
	"\"from\":\"0123456789ABCDEF0123456789ABCDEF01234567\",\"role\":\"master\","
	"\"epoch\":\"zzzzzzzzzz0123456789abcdef\",\"kind\":\"changes\",\"number\":1,"
	"\"protect\":\"sign\"}";

typedef struct {
	const char *name;
	const void *data;
	gsize size;
	guint32 crc, at;
} entry;

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

/* What both headers of an entry have (APPNOTE.TXT 4.3.7 and 4.3.12). */
static void
put_common(GByteArray *zip, const entry *e)
{
	put(zip, 20, 2);
	put(zip, 0, 2 + 2 + 4);
	put(zip, e->crc, 4);
	put(zip, e->size, 4);
	put(zip, e->size, 4);
	put(zip, strlen(e->name), 2);
	put(zip, 0, 2);
}

static void
put_name(GByteArray *zip, const entry *e)
{
	g_byte_array_append(zip, (const guint8 *)e->name, (guint)strlen(e->name));
}

static void
put_entry(GByteArray *zip, entry *e)
{
	e->at = zip->len;
	e->crc = crc_of(e->data, e->size);
	put(zip, 0x04034b50, 4);
	put_common(zip, e);
	put_name(zip, e);
	g_byte_array_append(zip, e->data, (guint)e->size);
}

static void
put_listed(GByteArray *zip, const entry *e)
{
	put(zip, 0x02014b50, 4);
	put(zip, 20, 2);
	put_common(zip, e);
	put(zip, 0, 2 + 2 + 2);
	put(zip, 0, 4);
	put(zip, e->at, 4);
	put_name(zip, e);
}

GByteArray *
zip_of_lines(const uint8_t *data, size_t size)
{
	entry entries[] = {
		{"manifest.json", manifest_text, sizeof manifest_text - 1, 0, 0},
		{"changes.jsonl", size == 0 ? (const uint8_t *)"" : data, size, 0, 0},
	};
	GByteArray *zip = g_byte_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		put_entry(zip, &entries[i]);
	guint directory = zip->len;
	for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
		put_listed(zip, &entries[i]);
	guint end = zip->len;
	put(zip, 0x06054b50, 4);
	put(zip, 0, 2 + 2);
	put(zip, G_N_ELEMENTS(entries), 2);
	put(zip, G_N_ELEMENTS(entries), 2);
	put(zip, end - directory, 4);
	put(zip, directory, 4);
	put(zip, 0, 2);
	return zip;
}
