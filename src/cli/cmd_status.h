/*
 * cmd_status - how a link is, even where it can't be opened
 */
#pragma once
#include "base/json.h"
#include "conf/site.h"

/* report_status() of link NAME; for one that is damaged {"link","state":"damaged","problems"}.  A
 * new reference. */
json_t *status_of(site *, const char *name);
