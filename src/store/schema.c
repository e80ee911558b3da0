#include "store/schema.h"

#include <stddef.h>

const char *const store_schema[] = {
	/* 1 */
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE outgoing(number INTEGER PRIMARY KEY, kind TEXT NOT NULL, hash TEXT NOT NULL,"
	" file TEXT NOT NULL, size INTEGER NOT NULL, changes INTEGER NOT NULL, made INTEGER NOT "
	"NULL,"
	" carried INTEGER NOT NULL, next INTEGER NOT NULL, tries INTEGER NOT NULL,"
	" state INTEGER NOT NULL);"
	"CREATE INDEX outgoing_open ON outgoing(number) WHERE state < 3;"
	"CREATE TABLE sent(number INTEGER NOT NULL, uid TEXT NOT NULL, gen INTEGER NOT NULL,"
	" own INTEGER NOT NULL, PRIMARY KEY(number, uid, gen, own)) WITHOUT ROWID;"
	"CREATE TABLE incoming(number INTEGER PRIMARY KEY, kind TEXT NOT NULL, hash TEXT NOT NULL,"
	" prev TEXT, file TEXT NOT NULL, signer TEXT, size INTEGER NOT NULL,"
	" changes INTEGER NOT NULL, line INTEGER NOT NULL, taken INTEGER NOT NULL);"
	"CREATE TABLE ack(at INTEGER NOT NULL, done INTEGER NOT NULL);"
	/* Tables with documents have row ids: without, whatever is above a quarter page spills into
	   a page of its own. */
	"CREATE TABLE item(uid TEXT NOT NULL UNIQUE, id TEXT, title TEXT, partner_id TEXT,"
	" gen INTEGER NOT NULL, own INTEGER NOT NULL, seen INTEGER NOT NULL, k INTEGER NOT NULL,"
	" live INTEGER NOT NULL, here INTEGER NOT NULL, joined INTEGER NOT NULL,"
	" held INTEGER NOT NULL, listed INTEGER NOT NULL,"
	" why INTEGER NOT NULL, doc TEXT NOT NULL);"
	"CREATE INDEX item_waiting ON item(uid) WHERE held > 0 OR listed > 0;"
	"CREATE INDEX item_id ON item(id);"
	"CREATE TABLE dirty(seq INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE);"
	"CREATE TABLE assigned(uid TEXT PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE dangling(uid TEXT NOT NULL, target TEXT NOT NULL,"
	" PRIMARY KEY(uid, target)) WITHOUT ROWID;"
	"CREATE TABLE intent(uid TEXT NOT NULL UNIQUE, token TEXT NOT NULL, doc TEXT NOT NULL);"
	"CREATE TABLE line(seq INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL,"
	" uid TEXT NOT NULL, gen INTEGER NOT NULL, own INTEGER NOT NULL, size INTEGER NOT NULL,"
	" text TEXT NOT NULL, note TEXT);"
	"CREATE INDEX line_uid ON line(uid);"
	"CREATE TABLE line_file(seq INTEGER NOT NULL REFERENCES line(seq) ON DELETE CASCADE,"
	" sha256 TEXT NOT NULL, PRIMARY KEY(seq, sha256)) WITHOUT ROWID;"
	"CREATE TABLE big(seq INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE);"
	"CREATE TABLE note(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
	" what TEXT NOT NULL, uid TEXT, envelope TEXT, text TEXT);"
	"CREATE INDEX note_uid ON note(uid) WHERE uid IS NOT NULL;"
	"CREATE INDEX note_envelope ON note(envelope) WHERE uid IS NULL;"
	"CREATE TABLE conflict(id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL,"
	" reg TEXT NOT NULL, at INTEGER NOT NULL, open INTEGER NOT NULL, doc TEXT NOT NULL);"
	"CREATE INDEX conflict_uid ON conflict(uid, reg);",
	/* 2: what would be taken away from the partner, and waits for a yes */
	"CREATE TABLE brake(uid TEXT PRIMARY KEY, what TEXT NOT NULL, at INTEGER NOT NULL,"
	" released INTEGER NOT NULL) WITHOUT ROWID;",
	/* 3: what each side had when it began anew */
	"CREATE TABLE summary(mine INTEGER NOT NULL, uid TEXT NOT NULL, gen INTEGER NOT NULL,"
	" sum TEXT NOT NULL, id TEXT, PRIMARY KEY(mine, uid)) WITHOUT ROWID;",
	NULL,
};
