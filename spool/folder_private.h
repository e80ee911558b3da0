/*
 * folder_private - what the files of the channel "folder" share
 *
 * Included by folder*.c only.
 */
#pragma once
#include "spool/channel.h"

#define FOLDER_NAMES_MAX 100000 /* names of a directory that are looked at */

struct channel {
	char *send, *receive, *link_name;
	char link[NAME_LINK_LEN + 1];
	char own, partner; /* role letters */
	gint64 settle;
	gint64 swept;      /* clock_mono_us() of the last sweep of SEND; 0: never */
	char *last;        /* the name that receive looked at last */
	GPtrArray *taken;  /* taken_file, of the last round */
	GPtrArray *strays; /* what folder_foreign() gave out */
};

/* A descriptor of directory PATH (SEND or RECEIVE), or -1: class RETRY when it is not there. */
int folder_open_dir(const channel *, const char *path, GError **error);

/* Of the table in channel.h: all that touches SEND. */
gboolean folder_send(channel *, const char *name, int fd, GError **error);
gboolean folder_retract(channel *, const char *name, GError **error);
GPtrArray *folder_sent(channel *, GError **error);
guint64 folder_space(channel *);
