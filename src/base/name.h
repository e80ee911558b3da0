/*
 * name - the shapes of names that travel
 *
 * Items and contracts name fields, kinds and relations alike, and sites name each other; what
 * a partner may call them is decided here once.
 */
#pragma once
#include <glib.h>

#define NAME_WORD_MAX 32
#define NAME_SITE_MAX 64

/* Is NAME of the form [a-z][a-z0-9_]{0,31}?  NULL is not. */
gboolean name_word_valid(const char *name);
/* Names of sites and links: 1 to NAME_SITE_MAX of [a-z0-9._-], starting with a letter or digit. */
gboolean name_site_valid(const char *name);
/* Does a relation of TYPE mean the same in both directions? */
gboolean name_relation_symmetric(const char *type);
/*
 * Splits TYPE:UID:UID.  FALSE for anything else, for an item related to itself, and
 * for a symmetric relation whose greater uid comes first: one relation has one
 * name.  Caller frees each; any may be NULL.
 */
gboolean name_relation_parts(const char *name, char **ret_type, char **ret_first,
			     char **ret_second);
