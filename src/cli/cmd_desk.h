/*
 * cmd_desk - what the commands of the desk share
 */
#pragma once
#include "adapter/desk.h"
#include "cli/call.h"

/* The desk of the site; its edits bear the login of who calls. */
desk *call_desk(call *, GError **error);
/* The arguments from FROM on, FIELD=VALUE each, as {FIELD: VALUE}; a new reference. */
json_t *call_fields(const call *, guint from, GError **error);
/* Is TEXT, which WHAT names, UTF-8? */
gboolean call_check_text(const char *what, const char *text, GError **error);
/* Prints ID, with --json {"id":ID}. */
void call_print_id(const call *, const char *id);
