/*
 * contract_parts - what the files of this folder share; nobody else includes it
 */
#pragma once
#include "contract/contract.h"

/* What a kind may let travel besides fields. */
typedef enum {
	ALLOW_PARENT,
	ALLOW_RELATIONS,
	ALLOW_COMMENTS,
	ALLOW_FILES,
	ALLOW_ROWS,
	ALLOW_COUNT
} contract_allow;

typedef struct {
	char *name;
	GPtrArray *fields; /* contract_field, sorted by name */
	gboolean allows[ALLOW_COUNT];
} contract_kind;

struct contract {
	guint version;
	gint64 tolerance;
	guint64 limit_field, limit_file, limit_things;
	GPtrArray *kinds; /* contract_kind, sorted by name */
	char *hash;
};

#define CONTRACT_MERGE 1 /* the only version of F there is */

/* Defaults and bounds of the numbers. */
#define CONTRACT_TOLERANCE     2
#define CONTRACT_TOLERANCE_MAX (24 * 60 * 60)
#define CONTRACT_FIELD_LIMIT   (G_GUINT64_CONSTANT(1) << 20)
#define CONTRACT_FIELD_MAX     (G_GUINT64_CONSTANT(1) << 26)
#define CONTRACT_FILE_LIMIT    (G_GUINT64_CONSTANT(1) << 32)
#define CONTRACT_FILE_MAX      (G_GUINT64_CONSTANT(1) << 50)
#define CONTRACT_THINGS_LIMIT  10000
#define CONTRACT_THINGS_MAX    1000000

/* The fields of the default contract, in the order in which people think of them. */
typedef struct {
	const char *name;
	value_type type;
	policy policy;
	gboolean learn;
} contract_row;
extern const contract_row contract_rows[];
extern const guint contract_rows_count;

const char *contract_allow_name(contract_allow);
gboolean policy_from_name(const char *name, policy *ret);
const char *on_refused_name(on_refused);
gboolean on_refused_from_name(const char *name, on_refused *ret);

/* Empty, without a hash. */
contract *contract_new(void);
/* The kind called NAME, or NULL. */
const contract_kind *contract_kind_of(const contract *, const char *name);
contract_kind *contract_kind_new(const char *name);
void contract_field_free(contract_field *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(contract_field, contract_field_free)
