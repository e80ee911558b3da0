/*
 * item - what a tracker shows of one thing worth exchanging, in neutral form
 *
 * An item is a set of registers.  A register is named by a string and carries a
 * value and the time of its last change:
 *
 *   NAME                a field; names are [a-z][a-z0-9_]{0,31}, and not "life" or "parent"
 *   parent              the uid of the parent item
 *   TYPE:UID:UID        a relation, a register of the item named first; the value is true
 *   @UID                a comment, file or row: the value is a map of its fields, one of which
 *                       is "kind": "comment", "file" or "row"
 *
 * "life" is a register of the protocol, never shown by a tracker.  Values are
 * canonical (contract/type.h).  Registers a tracker shows nothing for are absent, or null where
 * it knows when, or by which link, they were emptied.
 */
#pragma once
#include "base/json.h"

#define ITEM_NAME_MAX 32
#define ITEM_LIFE     "life"
#define ITEM_PARENT   "parent"

typedef struct {
	char *uid;      /* the same on every site */
	char *id;       /* the tracker's own, for people */
	char *kind;     /* "issue" */
	json_t *regs;   /* register -> {"v": value, "at": stamp}; of a thing "at" may be an object
			 * field -> stamp; "via" names the link that wrote it, absent when written
			 * here */
	json_t *masked; /* register -> value that another link wrote and the tracker shows in
			 * truth, where regs have what this link knew; NULL: none */
	char *via;      /* the link by which it came in; NULL: made here */
	char *by;       /* who changed it last, as far as the tracker knows; may be NULL */
	char *mark;     /* another one whenever anything of the item changes; NULL: who knows */
} item;

item *item_new(const char *uid, const char *id, const char *kind);
void item_free(item *); /* NULL is a no-op */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(item, item_free)

/* Sets register REG; takes over VALUE; AT is copied. */
void item_put(item *, const char *reg, json_t *value, const char *at);
/* The value of REG, borrowed, or NULL. */
json_t *item_value(const item *, const char *reg);

typedef enum { REG_FIELD, REG_LIFE, REG_PARENT, REG_RELATION, REG_THING, REG_INVALID } reg_type;
reg_type item_reg_type(const char *reg);
/* "@UID"; caller frees. */
char *item_thing_reg(const char *uid);
/* TYPE:FIRST:SECOND; caller frees.  Symmetric types (relates, duplicates_of is not one) are named
 * with the smaller uid first. */
char *item_relation_reg(const char *type, const char *first, const char *second);
/* The three parts of a relation's name; FALSE if REG is none.  Caller frees each; any may be NULL.
 */
gboolean item_relation_parts(const char *reg, char **ret_type, char **ret_first, char **ret_second);
gboolean item_field_name_valid(const char *name);
