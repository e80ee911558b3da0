/*
 * zip_of - an envelope that is good but for its lines
 */
#pragma once
#include "fuzz.h"

/* A zip with a manifest, and these bytes as changes.jsonl, stored; caller frees. */
GByteArray *zip_of_lines(const uint8_t *data, size_t size);
