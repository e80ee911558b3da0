/*
 * conf - one settings file: handsel.conf of a site or link.conf of a link
 *
 * Key files as GLib reads them.  Unknown keys and wrong values are refused when the file is
 * read, with file, group and key.  Files are 0600 and replaced at once.
 */
#pragma once
#include "conf/setting.h"

typedef struct conf conf;

/* Reads PATH; class CONFIG when it is missing, wrong, or readable by others and secret. */
conf *conf_load(const char *path, setting_where where, GError **error);
/* An empty one that will be stored at PATH. */
conf *conf_new(const char *path, setting_where where);
void conf_free(conf *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(conf, conf_free)
/* Stores all that was set, durably. */
gboolean conf_save(conf *, GError **error);

/* The value or its default; borrowed; NULL where there is neither.  An unknown KEY is a bug. */
const char *conf_text(const conf *, const char *key);
gboolean conf_bool(const conf *, const char *key);
gint64 conf_int(const conf *, const char *key); /* also SIZE in bytes and TIME in seconds */
/* Is it set, rather than its default? */
gboolean conf_given(const conf *, const char *key);
/* Checks and sets (in memory). Setting a FIXED key that has another value is refused (class USAGE).
 * NULL takes the value away. */
gboolean conf_set(conf *, const char *key, const char *value, GError **error);
/* "KEY=VALUE" as on the command line; "KEY=" takes the value away. */
gboolean conf_set_pair(conf *, const char *pair, GError **error);
/* Keys with values for people and --json, in the order of the table: each "key", "value" in turn;
 * caller frees. */
GPtrArray *conf_pairs(const conf *, gboolean with_defaults);
