/*
 * plan - what is to be written into a tracker, and what came of it
 *
 * Plain JSON, because a plan is durable before it is carried out and its
 * results are kept with its token.
 *
 * A plan: {"uid": item, "kind": kind, "mark": the item's when the plan was made, "" if it was not
 * there (absent: not known), "ops": [op ...]}.  An op, in this order:
 *   {"op":"create", "set": {field: {"v","at"}}}       the item with its first fields
 *   {"op":"set", "reg": field, "v": value or null, "at"}
 *   {"op":"parent", "reg":"parent", "v": uid or null, "at"}
 *   {"op":"relate", "reg":"type:a:b", "v": true or null, "at"}
 *   {"op":"thing", "reg":"@uid", "v": map or null, "at"}   made, changed or (null) removed
 *   {"op":"delete"}
 * "at" is the time of the value; a tracker that can keep it does.
 *
 * Results: one object an op, in the same order:
 *   {"reg": register ("life" for create and delete), "code": "ok" | "refused" | "skip",
 *    "back": what the tracker shows now in contract form (absent: nothing;
 *            of a create: {field: value}), or "asked": true in its place if that is just what
 *            the op asked for, "reason": number, "text": why,
 *    "refused": of a create that is ok: {field: {"reason", "text"}}, the fields it was made
 * without} "skip": an op before it failed and this one makes no sense any more.
 */
#pragma once
#include "base/json.h"

json_t *plan_new(const char *uid, const char *kind);
/* Both append an op to PLAN; V NULL writes null; V is borrowed, AT may be a string or an object. */
void plan_add(json_t *plan, const char *op, const char *reg, json_t *v, json_t *at);
json_t *plan_ops(const json_t *plan);
gboolean plan_empty(const json_t *plan);
/* The register an op writes: its reg, or "life". */
const char *plan_op_reg(const json_t *op);

/* A result for OP; BACK, what the tracker shows now, is taken over, NULL for nothing. */
json_t *result_ok(const json_t *op, json_t *back);
json_t *result_refused(const json_t *op, int reason, const char *text, json_t *back);
json_t *result_skip(const json_t *op);
/* What the tracker shows of OP's register by RESULT; a new reference, NULL for nothing. */
json_t *result_back(const json_t *op, const json_t *result);
