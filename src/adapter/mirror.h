/*
 * mirror - a tracker seen by the slave of a link that pairs a site with itself
 *
 * Both ends show the same tracker, where an id can stand only once.  The mirror turns every id over
 * (XOR with a constant of the link, which undoes itself): what the master calls X is X' in the
 * tracker for the slave, a copy of its own; and the slave's Y travels as Y'.
 */
#pragma once
#include "adapter/adapter.h"

/* Wraps TRACKER (of OPS, taken over) for link LINK; closed by adapter_mirror.close. */
adapter *mirror_new(const adapter_ops *ops, adapter *tracker, const char *link);
extern const adapter_ops adapter_mirror;
/* The tracker's uid of what link LINK calls UID, and the other way round; caller frees. */
char *mirror_uid(const char *link, const char *uid);
