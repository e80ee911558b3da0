/*
 * show_offer - a handshake file, for whoever is to agree to it
 */
#pragma once
#include "handshake/offer.h"

/* Prints all that the person should know, with so many WORDS of the key. */
void show_offer(const offer *, guint words);
/* The same for programs; caller frees. */
json_t *show_offer_json(const offer *);
