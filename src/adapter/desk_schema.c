#include "adapter/desk_private.h"

/*
 * Every change of an item takes the next number of counter.seq; changes() reads
 * by it.  A removed item leaves its numbers in "removed", so that its removal is
 * seen and, made again, it gets its old id.  seq_via is the link whose plan made
 * the last change, other_seq the last change by anybody else.
 */
const char *const desk_schema[] = {
	"CREATE TABLE counter(one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL);"
	"INSERT INTO counter(one, seq) VALUES(1, 0);"
	"CREATE TABLE item("
	"  lid INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  uid TEXT NOT NULL UNIQUE,"
	"  kind TEXT NOT NULL,"
	"  ikey TEXT,"
	"  parent TEXT,"
	"  parent_at TEXT,"
	"  parent_via TEXT,"
	"  via TEXT,"
	"  who TEXT,"
	"  seq INTEGER NOT NULL,"
	"  seq_via TEXT,"
	"  other_seq INTEGER NOT NULL DEFAULT 0,"
	"  doc TEXT NOT NULL);"
	"CREATE UNIQUE INDEX item_seq ON item(seq);"
	"CREATE INDEX item_key ON item(ikey) WHERE ikey IS NOT NULL;"
	"CREATE INDEX item_parent ON item(parent) WHERE parent IS NOT NULL;"
	"CREATE TABLE removed("
	"  uid TEXT PRIMARY KEY, lid INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE UNIQUE INDEX removed_seq ON removed(seq);"
	"CREATE TABLE thing("
	"  tid INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  uid TEXT NOT NULL UNIQUE,"
	"  item INTEGER NOT NULL REFERENCES item(lid),"
	"  kind TEXT NOT NULL,"
	"  sha256 TEXT,"
	"  via TEXT,"
	"  doc TEXT NOT NULL);"
	"CREATE INDEX thing_item ON thing(item);"
	"CREATE INDEX thing_sha256 ON thing(sha256) WHERE sha256 IS NOT NULL;"
	"CREATE TABLE relation("
	"  type TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL, at TEXT NOT NULL, via TEXT,"
	"  PRIMARY KEY(a, type, b)) WITHOUT ROWID;"
	"CREATE INDEX relation_b ON relation(b);"
	"CREATE TABLE field("
	"  name TEXT PRIMARY KEY,"
	"  type TEXT NOT NULL,"
	"  position INTEGER NOT NULL,"
	"  closed INTEGER NOT NULL DEFAULT 0,"
	"  learn INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE TABLE value("
	"  field TEXT NOT NULL REFERENCES field(name), value TEXT NOT NULL,"
	"  PRIMARY KEY(field, value)) WITHOUT ROWID;"
	"CREATE TABLE history("
	"  id INTEGER PRIMARY KEY, item INTEGER NOT NULL, at TEXT NOT NULL, who TEXT,"
	"  what TEXT NOT NULL, old TEXT, new TEXT);"
	"CREATE INDEX history_item ON history(item);"
	/* One item has one open intent a link: its last token is all that is ever asked for. */
	"CREATE TABLE token("
	"  link TEXT NOT NULL, uid TEXT NOT NULL, token TEXT NOT NULL, results TEXT NOT NULL,"
	"  UNIQUE(uid, link));"
	"CREATE INDEX token_token ON token(token);"
	/* Files that a thing let go of; removed from disk when nothing refers to them. */
	"CREATE TABLE doomed(sha256 TEXT PRIMARY KEY) WITHOUT ROWID;",
	NULL};

static gboolean
seed_fields(desk *d, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(d->db, &n, error, "SELECT count(*) FROM field", ""))
		return FALSE;
	if (n > 0)
		return TRUE;

	g_autoptr(contract) c = contract_default();
	g_autoptr(GPtrArray) fields = contract_fields(c, "issue");
	for (guint i = 0; i < fields->len; i++) {
		const contract_field *f = fields->pdata[i];
		if (!desk_field_insert(d, f->name, f->type, FALSE, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
desk_seed(desk *d, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(d->db, &n, error, "SELECT count(*) FROM field", ""))
		return FALSE;
	if (n > 0)
		return TRUE;
	/* Asked again inside: somebody else may be making the same desk. */
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, seed_fields(d, error), error);
}
