/*
 * contract - what the two sides of a link exchange
 *
 * Kinds, fields with types, values, conflict policies, and limits; versioned and hashed, so
 * that both sides can tell that they agreed on the same.  The master proposes, the slave accepts.
 * The JSON form is what travels and what `--contract FILE` reads:
 *
 *   {"version": 1, "merge": 1, "tolerance": 2,
 *    "limits": {"field": 1048576, "file": 4294967296, "things": 10000},
 *    "kinds": {"issue": {
 *       "fields": {"title": {"type":"text","policy":"latest"},
 *                  "state": {"type":"list","policy":"latest","learn":true,"values":["open"]}, ...},
 *       "parent": true, "relations": true, "comments": true, "files": true, "rows": true}}}
 * Per field also "on_refused": "hold" | "revert" | "keep" and "owner": "master" | "slave".
 */
#pragma once
#include "contract/type.h"

typedef enum {
	POLICY_LATEST,
	POLICY_FIRST,
	POLICY_MASTER,
	POLICY_SLAVE,
	POLICY_OWNER,
	POLICY_MERGE, /* sets only */
	POLICY_HOLD,
	POLICY_COUNT
} policy;

typedef enum { REFUSED_HOLD, REFUSED_REVERT, REFUSED_KEEP } on_refused;

typedef struct {
	char *name;
	value_type type;
	policy policy;
	on_refused on_refused;
	gboolean owner_master; /* for POLICY_OWNER */
	gboolean learn;        /* unknown list values are added on arrival */
	json_t *values;        /* array of strings or NULL: any */
} contract_field;

typedef struct contract contract;

#define CONTRACT_MAX        (256 * 1024) /* bytes of JSON */
#define CONTRACT_FIELDS_MAX 500

/* key title description state priority resolution assignee labels created resolved due, all else
 * allowed. */
contract *contract_default(void);
contract *contract_from_json(const json_t *, GError **error);
contract *contract_read(const char *text, gsize len, GError **error);
json_t *contract_to_json(const contract *); /* a new reference */
void contract_free(contract *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(contract, contract_free)
/* SHA-256 of the canonical form, 64 hex digits; borrowed. */
const char *contract_hash(const contract *);
guint contract_version(const contract *);
gint64 contract_tolerance(const contract *);    /* seconds within which `latest` sees a tie */
guint64 contract_limit_field(const contract *); /* bytes of one value */
guint64 contract_limit_file(const contract *);
guint64 contract_limit_things(const contract *); /* per item */

gboolean contract_has_kind(const contract *, const char *kind);
/* The field of KIND, or NULL; borrowed. */
const contract_field *contract_field_of(const contract *, const char *kind, const char *name);
/* Has any kind a field NAME? */
gboolean contract_has_field(const contract *, const char *name);
/* The fields of KIND in the order of their names; borrowed rows, caller frees the array. */
GPtrArray *contract_fields(const contract *, const char *kind);
/* Does WHAT travel: "parent", "relations", "comments", "files", "rows"? */
gboolean contract_allows(const contract *, const char *kind, const char *what);
/* "title description state ..., comments, files, relations" for people; caller frees. */
char *contract_summary(const contract *);
const char *policy_name(policy);
/*
 * Is VALUE (canonical or not) what register REG of KIND may hold under this contract?  Fields go
 * through type_canon, things and references are checked for shape, size and names (a file's
 * "name" must be a safe file name).  The canonical value, a new reference, or NULL with a reason.
 */
json_t *contract_check(const contract *, const char *kind, const char *reg, const json_t *value,
		       GError **error);
