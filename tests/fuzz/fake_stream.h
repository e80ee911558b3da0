/*
 * fake_stream - a connection on which a server has said all that it will ever say
 *
 * Stands in for net/stream.c.
 */
#pragma once
#include "fuzz.h"
#include "net/stream.h"

/* What is read from the next stream that is opened; outlives it. */
void fake_stream_say(const uint8_t *data, size_t size);
