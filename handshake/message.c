#include "handshake/message.h"

#include "base/fail.h"
#include "handshake/shape.h"

#define REASON_NUMBER_MAX 9999

static const shape_member s1_members[] = {
	{"offer", shape_id, G_STRUCT_OFFSET(message_s1, offer)},
	{"site", shape_site, G_STRUCT_OFFSET(message_s1, site)},
	{"site_id", shape_id, G_STRUCT_OFFSET(message_s1, site_id)},
	{"ns", shape_id, G_STRUCT_OFFSET(message_s1, ns)},
	{"key", shape_key, G_STRUCT_OFFSET(message_s1, key)},
	{"fpr", shape_fpr, G_STRUCT_OFFSET(message_s1, fpr)},
	{"address", shape_line, G_STRUCT_OFFSET(message_s1, address), .optional = TRUE},
	{"proof", shape_hash, G_STRUCT_OFFSET(message_s1, proof)},
	{NULL},
};

static const shape_member m1_members[] = {
	{"ns", shape_id, G_STRUCT_OFFSET(message_m1, ns)},
	{"nm", shape_id, G_STRUCT_OFFSET(message_m1, nm)},
	{"s1", shape_hash, G_STRUCT_OFFSET(message_m1, s1_hash)},
	{"master", shape_fpr, G_STRUCT_OFFSET(message_m1, master)},
	{"slave", shape_fpr, G_STRUCT_OFFSET(message_m1, slave)},
	{NULL},
};

static const shape_member s2_members[] = {
	{"nm", shape_id, G_STRUCT_OFFSET(message_s2, nm)},
	{"m1", shape_hash, G_STRUCT_OFFSET(message_s2, m1_hash)},
	{NULL},
};

static const shape_member refused_members[] = {
	{"s1", shape_hash, G_STRUCT_OFFSET(message_refused, s1_hash)},
	{"text", shape_text, G_STRUCT_OFFSET(message_refused, text)},
	{NULL},
};

static json_t *
to_json(const shape_member *table, gconstpointer m)
{
	json_t *j = json_object();

	shape_write(j, table, m);
	return j;
}

json_t *
message_s1_to_json(const message_s1 *m)
{
	return to_json(s1_members, m);
}

json_t *
message_m1_to_json(const message_m1 *m)
{
	json_t *j = to_json(m1_members, m);

	if (m->again)
		json_object_set_new(j, "again", json_true());
	return j;
}

json_t *
message_s2_to_json(const message_s2 *m)
{
	return to_json(s2_members, m);
}

json_t *
message_refused_to_json(const message_refused *m)
{
	json_t *j = to_json(refused_members, m);

	json_object_set_new(j, "reason", json_integer(m->reason));
	return j;
}

gboolean
message_s1_read(const json_t *j, message_s1 *ret, GError **error)
{
	return shape_read(j, s1_members, ret, "handshake message", REASON_MANIFEST, error);
}

gboolean
message_m1_read(const json_t *j, message_m1 *ret, GError **error)
{
	if (!shape_read(j, m1_members, ret, "ping", REASON_MANIFEST, error))
		return FALSE;
	ret->again = json_flag(j, "again");
	return TRUE;
}

gboolean
message_s2_read(const json_t *j, message_s2 *ret, GError **error)
{
	return shape_read(j, s2_members, ret, "answer to the ping", REASON_MANIFEST, error);
}

gboolean
message_refused_read(const json_t *j, message_refused *ret, GError **error)
{
	guint64 number = 0;

	if (!json_u64(j, "reason", &number) || number > REASON_NUMBER_MAX) {
		fail_set(error, REASON_MANIFEST, "refusal: \"reason\" is not a reason's number");
		return FALSE;
	}
	if (!shape_read(j, refused_members, ret, "refusal", REASON_MANIFEST, error))
		return FALSE;
	ret->reason = (int)number;
	return TRUE;
}

void
message_s1_clear(message_s1 *m)
{
	shape_clear(s1_members, m);
}

void
message_m1_clear(message_m1 *m)
{
	shape_clear(m1_members, m);
}

void
message_s2_clear(message_s2 *m)
{
	shape_clear(s2_members, m);
}

void
message_refused_clear(message_refused *m)
{
	shape_clear(refused_members, m);
	m->reason = 0;
}
