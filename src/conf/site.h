/*
 * site - one installation: a home directory with its settings and links
 *
 *   HOME/handsel.conf   HOME/desk.db
 * HOME/links/NAME/{link.conf,state.db,keys/,exchange/{SEND,RECEIVE},outbox/,inbox/,quarantine/,archive/,tmp/,lock,wake}
 */
#pragma once
#include "conf/conf.h"

#define SITE_NAME_MAX 64

typedef struct site site;

/*
 * The home to use: GIVEN (--home), else $HANDSEL_HOME, else the user's ~/.local/share/handsel if
 * it is a site, else /var/lib/handsel.  Absolute; caller frees.
 */
char *site_home(const char *given);
/* Makes a site called NAME in HOME (0700).  One that is there already is refused. */
site *site_init(const char *home, const char *name, GError **error);
site *site_open(const char *home, GError **error);
void site_close(site *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(site, site_close)
const char *site_dir(const site *); /* absolute */
/* How a command for this very site begins, to be typed or pasted: "handsel", with --home where it
 * would take another home without.  Caller frees. */
char *site_handsel(const site *);
const char *site_name(const site *);
const char *
site_id(const site *);   /* random, drawn by init: tells a site from another of the same name */
conf *site_conf(site *); /* borrowed */

/* Site and link names: 1 to SITE_NAME_MAX of [a-z0-9._-], starting with a letter or digit. */
gboolean site_name_valid(const char *name);
/* HOME/links/NAME; caller frees. */
char *site_link_dir(const site *, const char *name);
/* Names of the links, sorted; caller frees. */
GPtrArray *site_links(const site *, GError **error);
gboolean site_has_link(const site *, const char *name);
/* Makes the directories of a new link (0700) under a temporary name; site_link_ready puts them in
 * place at once; site_link_abandon removes them. Caller frees the path. */
char *site_link_prepare(const site *, GError **error);
gboolean site_link_ready(const site *, const char *prepared, const char *name, GError **error);
void site_link_abandon(const char *prepared);
