/*
 * join - what joining and joining again have in common
 */
#pragma once
#include "gateway/make.h"

/* Reads and verifies handshake file PATH; its key is taken into KEYS. */
offer *join_read_offer(const char *path, pgp *keys, GError **error);
/* May the OFFER of PATH be joined on this site: made by another one, not expired, of a known
 * format? */
gboolean join_check_offer(site *, const char *path, const offer *, gboolean same_site,
			  GError **error);
/* Keeps of the offer what s1 and later times need. */
gboolean join_keep_offer(store *, const offer *, const char *passphrase, GError **error);
/* Seals s1, number 1; the secret has then done its work. */
gboolean join_seal_s1(gateway *, GError **error);
/* Offers it; a channel that is away is no failure. */
gboolean join_offer_s1(gateway *, GError **error);
