/*
 * desk - the embedded tracker, as its own commands use it
 *
 * One SQLite database and a directory of files named by their hash.  Every edit
 * leaves a row of history.  Editing and the gateway may run at the same time; each call is one
 * transaction unless desk_begin() has opened a larger one.  Fast at a million items: nothing but an
 * unindexed search reads them all.
 */
#pragma once
#include "adapter/adapter.h"

typedef struct desk desk;

/* Opens (with MAKE: makes) desk.db and desk-files in HOME; edits bear the login USER. */
desk *desk_open(const char *home, const char *user, gboolean make, GError **error);
void desk_close(desk *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(desk, desk_close)

gboolean desk_begin(desk *, GError **error);
gboolean desk_commit(desk *, GError **error);
void desk_rollback(desk *);

/* Fields. A new desk has those of the default contract. */
gboolean desk_field_add(desk *, const char *name, value_type type, GError **error);
/* *RET: {"name": {"type":…, "values":[…] or null}} */
gboolean desk_fields(desk *, json_t **ret, GError **error);
/* Makes VALUES known to list FIELD; the first call closes the list: unknown values are refused from
 * then on. */
gboolean desk_value_add(desk *, const char *field, const char *const *values, GError **error);

/* FIELDS is {name: text as typed}; "parent" is the id of another item.  The new item's id, caller
 * frees. */
char *desk_new(desk *, const char *kind, const json_t *fields, GError **error);
gboolean desk_set(desk *, const char *id, const json_t *fields, GError **error);
gboolean desk_delete(desk *, const char *id, GError **error);
/*
 * Everything of an item for people and --json:
 * {"id","uid","kind","by","fields":{…},"parent","comments":[…],"files":[…],"rows":[…],"relations":[…],"history":[…]}
 * with comments {"id","uid","at","text","by","created"}, files {"id","uid","at","name","size",
 * "sha256",…}, rows {"id","uid","at","type","fields":{…}}, relations {"type","from","to","uid"}
 * (ids of both ends, uid of the other) and history {"at","by","what","old","new"}.
 */
gboolean desk_show(desk *, const char *id, gboolean history, json_t **ret, GError **error);
/* Calls EACH for every item in order of id (FIELD=VALUE if FIELD is given):
 * {"id","uid","kind","parent",…fields}, without what is empty ("parent" is an id or null).  EACH
 * may use the desk. FALSE from EACH ends it. */
typedef gboolean desk_each(const json_t *row, gpointer data);
gboolean desk_list(desk *, const char *field, const char *value, desk_each *, gpointer data,
		   GError **error);
/* The id of the new (or changed) comment, file, row. */
char *desk_comment(desk *, const char *id, const char *text, GError **error);
gboolean desk_comment_set(desk *, const char *comment, const char *text, GError **error);
/* Copies the file at PATH in under NAME (a safe file name). */
char *desk_attach(desk *, const char *id, const char *path, const char *name, GError **error);
/* A row of type TYPE with FIELDS {name: text}; ROW NULL makes one. */
char *desk_row(desk *, const char *id, const char *row, const char *type, const json_t *fields,
	       GError **error);
/* Removes a comment, file or row by its id. */
gboolean desk_thing_remove(desk *, const char *thing, GError **error);
gboolean desk_relate(desk *, const char *id, const char *type, const char *other, gboolean remove,
		     GError **error);
/* Like desk_show for each item, without history, in order of id: `desk export`. */
gboolean desk_export(desk *, desk_each *, gpointer data, GError **error);
/* The id of the item whose field "key" is KEY, caller frees; NULL without error if none. */
char *desk_find_key(desk *, const char *key, GError **error);
