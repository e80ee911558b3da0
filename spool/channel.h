/*
 * channel - carries envelopes between two spools
 *
 * One const table a driver.  A channel moves bytes under names; it knows nothing of their content.
 */
#pragma once
#include <glib.h>

#include "conf/conf.h"
#include "spool/name.h"

typedef struct channel channel;

/* What becomes of a file that a channel offers. */
typedef enum {
	TAKE_LEAVE, /* not ours, or not yet: it stays */
	TAKE_DONE,  /* durable here, a copy, or quarantined: the channel removes it at the
		       next taken */
	TAKE_LATER  /* *RET will say one of the two before the next taken; else it stays */
} take_verdict;
/*
 * FILE is for people: UTF-8 whatever the real name is.  FD is open to read at its start and closed
 * by the channel; SETTLED: it has not grown for folder.settle.  After TAKE_LATER, RET may be
 * written until taken or receive is called next, or receive fails.
 */
typedef gboolean channel_take(const char *file, const envelope_name *name, int fd, gboolean settled,
			      take_verdict *ret, gpointer data, GError **error);

/* What hinders the carrying. */
typedef struct {
	const char *kind;    /* one word, for alerts: "mailbox", "bounce" ... */
	char *text, *advice; /* for people, one line; ADVICE may be NULL */
	gboolean serious;    /* it does not go away by itself */
} channel_trouble;

/* One step of a test, for people: TEXT is what was seen, or what is wrong. */
typedef void channel_verdict(const char *step, gboolean ok, const char *text, gpointer data);

typedef struct {
	const char *name; /* as written after "channel =" */
	/* Opens the channel of the link at LINK_DIR without touching a network. LINK: 8 characters,
	 * PARTNER: its role letter. */
	channel *(*open)(const char *link_dir, const conf *, const char *link, char partner,
			 GError **error);
	void (*close)(channel *);
	/* Optional: the directories in which files for the partner are put and theirs arrive;
	 * caller frees both.  NULL: nothing can be watched. */
	void (*places)(const char *link_dir, const conf *, char **ret_send, char **ret_receive);
	/* Optional: do the settings hold all that the channel needs?  Class CONFIG names what is
	 * missing, for link LINK_NAME. */
	gboolean (*complete)(const conf *, const char *link_name, GError **error);
	/* Success means the bytes of FD (from 0) are durable under NAME where the carrier finds
	 * them; a file of that name already there is success. RETRY where the place is away or
	 * full, or wants to be left alone for a while. */
	gboolean (*send)(channel *, const char *name, int fd, GError **error);
	/* Optional: the largest file that send takes now; 0: any.  Larger ones go in parts.  Fails
	 * as send does. */
	gboolean (*room)(channel *, guint64 *ret, GError **error);
	/* NAME has arrived: what of it, or of its parts, lies where we sent it is taken back; it
	 * not being there is success. */
	gboolean (*retract)(channel *, const char *name, GError **error);
	/* Our own names that still lie where the carrier finds them; caller frees. */
	GPtrArray *(*sent)(channel *, GError **error);
	/*
	 * Calls TAKE for each of the partner's files, MAX at most; the next call goes on behind the
	 * last.  Special files and files that can't be opened safely are passed over: foreign tells
	 * them.  *RET_SEEN counts the calls.
	 */
	gboolean (*receive)(channel *, guint max, channel_take *take, gpointer data,
			    guint *ret_seen, GError **error);
	/* Removes the files whose verdict was TAKE_DONE in the last receive; the caller has made
	 * them durable.  After a receive whose outcome was not made durable, it is not called. */
	gboolean (*taken)(channel *, GError **error);
	/* What lies in RECEIVE and is not taken, with why: array of "name\treason", borrowed until
	 * the next call.  Never touched; hidden files are left out. */
	GPtrArray *(*foreign)(channel *, GError **error);
	/* Free bytes where we send; G_MAXUINT64 if it can't be told. */
	guint64 (*space)(channel *);

	/* Optional: what was known at the last call of another function, of another process too:
	 * channel_trouble, without asking anybody; caller frees. */
	GPtrArray *(*troubles)(channel *);
	/* Optional: somebody has done something about a trouble: the next call tries at once. */
	void (*hurry)(channel *);
	/* Optional: seconds until send or receive, which wanted to be left alone, can be tried
	 * again; 0: now. */
	gint64 (*pause)(channel *);
	/* Optional: tries everything, both ways, and leaves nothing behind. */
	void (*test)(channel *, channel_verdict *, gpointer data);
	/*
	 * Optional: tells HEARD when something may have arrived, and AWAY (NULL: no longer) when
	 * the place can't be reached, until STOP, asked once a second, says so.  For a process of
	 * its own.
	 */
	void (*listen)(const char *link_dir, const conf *, void (*heard)(gpointer),
		       void (*away)(const char *why, gpointer), gboolean (*stop)(gpointer),
		       gpointer data);
} channel_ops;

void channel_trouble_free(gpointer); /* of channel_trouble * */
/* For drivers: are LINK and PARTNER as open() is promised them?  Class BUG. */
gboolean channel_link_valid(const char *link, char partner, GError **error);
const channel_ops *channel_find(const char *name);
extern const channel_ops channel_folder, channel_mail;
