/*
 * media - what lies in SEND goes onto a stick, what a stick brings goes into RECEIVE
 *
 * Needs settings, SEND and RECEIVE only: no lock, keys, state or tracker, so that whoever may read
 * them can be the courier.  On the stick each direction of a link has a directory of its own,
 * handsel/LINK8-m for what the master sent and handsel/LINK8-s for the slave's; in it "delivered"
 * names what was brought to the other side, so that it is not loaded again.
 *
 * A file bears its name only when all its bytes are durable and were read back: a stick that is
 * pulled out leaves temporaries, which the next run removes, and the source keeps what was not
 * carried.  Done twice, everything is harmless.
 */
#pragma once
#include "conf/site.h"

typedef enum {
	MEDIA_CARRIED,
	MEDIA_THERE,   /* lies there already */
	MEDIA_BEFORE,  /* was brought to the other side earlier */
	MEDIA_LEFT,    /* no room */
	MEDIA_DAMAGED, /* its bytes are not those its name promises */
	MEDIA_AWAY,    /* a link that can't be served; FILE is NULL */
	MEDIA_OUTCOMES
} media_outcome;

typedef struct {
	const char *link, *id, *file; /* ID as in "m17" */
	guint64 size;
	media_outcome outcome;
	const char *text; /* more to say, or NULL */
} media_file;
typedef void media_each(const media_file *, gpointer data);

typedef struct {
	gboolean in;    /* from the stick into RECEIVE; else from SEND onto the stick */
	gboolean again; /* what was delivered before, too */
	guint64 space;  /* bytes to copy at most */
	media_each *each;
	gpointer data; /* for EACH */
} media_run;

/*
 * Carries the files of LINKS (names), oldest first, to or from the stick mounted at DIR.  EACH is
 * told of every file.  FALSE: it broke off; what was told as carried is carried.
 */
gboolean media_carry(const site *, const GPtrArray *links, const char *dir, const media_run *,
		     GError **error);
