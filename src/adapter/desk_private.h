/*
 * desk_private - what the files of the desk share
 *
 * Layers inside the desk: doc (pure) < field, file, rec < thing, relation < edit, read, apply.
 * Functions that write expect an edit to be open (desk_enter); a failed one is undone by
 * desk_leave(), so they check first only where it makes the message better.
 */
#pragma once
#include "adapter/desk.h"
#include "base/db.h"

#define DESK_VALUE_MAX (16 * 1024 * 1024)               /* bytes of one value */
#define DESK_FILE_MAX  (G_GUINT64_CONSTANT(1024) << 30) /* bytes of one file */
#define DESK_TMP_AGE   (24 * 60 * 60)                   /* seconds after which a tmp is garbage */
#define DESK_PAGE      200                              /* items read at once when reading all */

struct desk {
	db *db;
	int files; /* directory desk-files */
	int tmp;   /* desk-files/tmp: bytes that are not complete yet */
	char *user;
	gsize field_max;     /* bytes of a value that people may type */
	guint64 file_max;    /* bytes of a file that people may attach */
	const char *via;     /* the link whose plan is being applied; NULL: a local edit */
	const char *via_uid; /* the item that plan is for */
	guint depth;         /* of open edits; 0: no transaction */
	gboolean doomed;     /* this transaction let go of a file */
	GHashTable *fields;  /* name -> desk_field while a transaction is open, else NULL */
	GHashTable *staged;  /* sha256 -> name in tmp */
};

extern const char *const desk_schema[];
/* Gives a new desk the fields of the default contract. */
gboolean desk_seed(desk *, GError **error);

/*
 * Edits nest: the outermost is a transaction, inner ones are savepoints, so that
 * a refused operation leaves nothing behind.  desk_leave() with OK FALSE undoes, and returns FALSE.
 */
gboolean desk_enter(desk *, GError **error);
gboolean desk_leave(desk *, gboolean ok, GError **error);
/* A consistent view for several reads, without keeping writers out. */
gboolean desk_look(desk *, GError **error);
void desk_looked(desk *);
/* The first row's columns were taken: lets go of the statement, or it would pin a stale view. */
void desk_done(db_stmt *);
/* One row of history of item LID; OLD and NEW borrowed, NULL or null for nothing. */
gboolean desk_history(desk *, gint64 lid, const char *what, const json_t *old_value,
		      const json_t *new_value, GError **error);

/* doc: {field: {"v": value, "at": stamp}}.  An emptied field keeps its stamp. */
/* Borrowed; NULL for nothing. */
json_t *doc_value(const json_t *doc, const char *field);
const char *doc_at(const json_t *doc, const char *field);
/* Sets FIELD (V borrowed, NULL or null for nothing), written by link VIA (NULL: here); FALSE if it
 * was so already, and nothing is changed then. */
gboolean doc_put(json_t *doc, const char *field, json_t *v, const char *at, const char *via);
/* {field: value} of all that is something; a new reference. */
json_t *doc_values(const json_t *doc);
/* The stamps of what doc_values() gives: one string if all agree, else {field: stamp}.  A new
 * reference. */
json_t *doc_stamps(const json_t *doc);
/* Now, but never before EARLIER (which may be NULL); caller frees. */
char *doc_stamp_after(const char *earlier);

typedef struct {
	char *name;
	value_type type;
	gboolean closed; /* only known values */
	gboolean learn;  /* what comes in by links adds its values */
} desk_field;
/* Borrowed until the edit or look ends; NULL with REASON_NO_FIELD. */
const desk_field *desk_field_find(desk *, const char *name, GError **error);
void desk_field_forget(desk *);
gboolean desk_field_insert(desk *, const char *name, value_type type, gboolean learn,
			   GError **error);
gboolean desk_field_learn(desk *, const char *name, gboolean learn, GError **error);
/* Is VALUE known to (or not needed by) FIELD?  1, 0, or -1 with an error. */
int desk_field_knows(desk *, const desk_field *, const char *value, GError **error);
/* The canonical value of what a person typed; a new reference. */
json_t *desk_field_parse(desk *, const char *name, const char *text, GError **error);
/* The same of a value from a link. */
json_t *desk_field_canon(desk *, const char *name, const json_t *value, GError **error);
typedef enum { LEARN_NO, LEARN_YES, LEARN_AS_PREPARED } desk_learn;
/* May field NAME hold V, which is canonical?  Values that its list does not know are learnt, or
 * refused with REASON_NO_VALUE. */
gboolean desk_field_admit(desk *, const char *name, const json_t *v, desk_learn, GError **error);

/* An item as its table row has it. */
typedef struct {
	gint64 lid; /* 0: not in the database yet */
	char *uid;
	char *kind;
	char *parent; /* uid or NULL */
	char *parent_at;
	char *parent_via;
	char *via; /* the link that made it, NULL: made here */
	char *by;
	gint64 seq;
	json_t *doc;
	gboolean dirty;
} desk_rec;
void desk_rec_free(desk_rec *); /* NULL is a no-op */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(desk_rec, desk_rec_free)
desk_rec *desk_rec_new(const char *uid, const char *kind);
/* NULL with REASON_NO_ITEM when there is none. */
desk_rec *desk_rec_by_uid(desk *, const char *uid, GError **error);
/* ID is a number as people see it, or a uid. */
desk_rec *desk_rec_by_id(desk *, const char *id, GError **error);
char *desk_rec_id(const desk_rec *);
/* The mark (item/item.h) of an item whose row has SEQ; caller frees. */
char *desk_mark(gint64 seq);
/* 0 if there is no item UID; -1 on error. */
gint64 desk_lid(desk *, const char *uid, GError **error);
/*
 * Both change REC and write history; the item itself is written by desk_rec_save().
 * After a failure REC is of no use any more.
 */
gboolean desk_rec_put(desk *, desk_rec *, const char *field, json_t *v, const char *at, desk_learn,
		      GError **error);
gboolean desk_rec_parent(desk *, desk_rec *, const char *parent, const char *at, GError **error);
/* Writes REC if it changed, or is new, under a new seq. */
gboolean desk_rec_save(desk *, desk_rec *, GError **error);
/* Something of item LID changed that its own row does not hold. */
gboolean desk_rec_touch(desk *, gint64 lid, GError **error);
gboolean desk_rec_delete(desk *, desk_rec *, GError **error);

/* Is relation TYPE:A:B there?  1, 0, or -1 with an error. */
int desk_relation_has(desk *, const char *type, const char *a, const char *b, GError **error);
/* Makes or removes relation REG of REC, which is the item named first. */
gboolean desk_relation_put(desk *, const desk_rec *, const char *reg, gboolean on, const char *at,
			   GError **error);
/* Removes all relations of REC, before it goes itself. */
gboolean desk_relation_clear(desk *, const desk_rec *, GError **error);

/* A comment, file or row. */
typedef struct {
	gint64 tid;
	char *uid;
	gint64 lid; /* of its item */
	char *kind;
	char *via;   /* the link that wrote it last, NULL: written here */
	json_t *doc; /* with its kind */
} desk_thing;
void desk_thing_free(desk_thing *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(desk_thing, desk_thing_free)
/* *RET is NULL when there is none. */
gboolean desk_thing_by_uid(desk *, const char *uid, desk_thing **ret, GError **error);
/* ID is "c12"; NULL with REASON_NO_ITEM when there is none. */
desk_thing *desk_thing_by_id(desk *, const char *id, GError **error);
char *desk_thing_id(const desk_thing *);
/* All of item LID, oldest first; caller frees. */
GPtrArray *desk_things_of(desk *, gint64 lid, GError **error);
/*
 * Makes thing UID of item LID be MAP, or removes it (NULL or null).  AT is a stamp or {field:
 * stamp}; NULL: now, but never back.  The bytes of a file must be placed already.
 */
gboolean desk_thing_put(desk *, gint64 lid, const char *uid, const json_t *map, const json_t *at,
			GError **error);
/* Is MAP what a thing may be?  REASON_BAD_VALUE, REASON_FILE_NAME, REASON_VALUE_TOO_LARGE. */
gboolean desk_thing_check(const json_t *map, GError **error);
gboolean desk_thing_clear(desk *, gint64 lid, GError **error);

gboolean desk_sha_valid(const char *sha256);
/*
 * Gets the SIZE bytes of SHA256 by CONTENT into tmp, checked and durable, or makes sure that
 * CONTENT has what is here; needs no transaction, so that a large file keeps no other writer out.
 * REASON_NO_CONTENT, REASON_CONTENT.
 */
gboolean desk_file_stage(desk *, const char *sha256, guint64 size, adapter_content *content,
			 gpointer data, GError **error);
/* Copies FD in; RET_SHA is the caller's. */
gboolean desk_file_stage_fd(desk *, int fd, char **ret_sha, guint64 *ret_size, GError **error);
/* Inside the edit that makes the thing: what was staged becomes a file of the desk. */
gboolean desk_file_place(desk *, const char *sha256, guint64 size, GError **error);
void desk_file_unstage(desk *); /* drops what was staged and not placed */
/* A thing let go of SHA256. */
gboolean desk_file_doom(desk *, const char *sha256, GError **error);
/* Removes doomed files that nothing refers to any more; what fails is done next time. */
void desk_file_sweep(desk *);
/* Removes tmp files of dead processes. */
void desk_file_tidy(desk *);
int desk_file_open(desk *, const char *sha256, guint64 *ret_size, GError **error);

/* VALUES is {field: canonical}; created now unless given.  A saved record, or NULL. */
desk_rec *desk_make(desk *, const char *kind, const char *parent, const json_t *values, desk_learn,
		    GError **error);
/* Edits REC as a local edit; *RET_CHANGED tells whether anything was. */
gboolean desk_change(desk *, desk_rec *, const json_t *values, desk_learn, gboolean *ret_changed,
		     GError **error);

gboolean desk_count(desk *, const char *field, const char *value, guint64 *ret, GError **error);
json_t *desk_apply(desk *, const char *link, const char *token, const json_t *plan,
		   adapter_content *, gpointer data, GError **error);
gboolean desk_applied(desk *, const char *link, const char *token, json_t **ret, GError **error);
gboolean desk_prepare(desk *, const contract *, GPtrArray **ret_lacks, GError **error);
