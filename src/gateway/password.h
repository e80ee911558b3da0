/*
 * password - passwords that were typed, beside the link that logs in with them
 */
#pragma once
#include "gateway/make.h"

/* Stores those of REQ in DIR, a link that is being prepared, and sets CONF to where they are once
 * it is in place. */
gboolean password_keep(const site *, const char *dir, const link_request *, conf *, GError **error);
