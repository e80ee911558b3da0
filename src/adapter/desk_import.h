/*
 * desk_import - tables of issues from elsewhere into the desk
 *
 * For the gateway's users who come from an export of another tracker: the same
 * file may be imported again and again, and only what changed is written.
 */
#pragma once
#include "adapter/desk.h"

/*
 * Imports the CSV file PATH, whose first record names the columns, all or nothing.
 * The cell of KEY_COLUMN goes to field "key" and finds the item of earlier imports.  MAPS is
 * "COLUMN=FIELD", ended by NULL; other columns are ignored.  An empty cell empties its field; lists
 * learn values they do not know; line breaks in text fields become blanks.  The counts are of items
 * made, changed and found the same.  Errors: USAGE for columns and fields that don't fit, else they
 * name file, line and column.
 */
gboolean desk_import_csv(desk *, const char *path, const char *key_column, const char *const *maps,
			 guint64 *ret_new, guint64 *ret_changed, guint64 *ret_same, GError **error);
