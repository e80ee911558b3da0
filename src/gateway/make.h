/*
 * make - links come into being: new, join, invite; and their files are looked at
 */
#pragma once
#include "gateway/gateway.h"
#include "handshake/offer.h"

typedef struct {
	const char *name;    /* the link's name here */
	const char *channel; /* master only */
	const char *adapter;
	const char *scope;
	const char *user;        /* NULL: NAME-sync */
	const char *description; /* master only; may be NULL */
	const char *protect;     /* master only: "encrypt" or "sign" */
	const char *contract;    /* master only: path of a contract file; NULL: the default */
	const char *passphrase;  /* NULL: none */
	/* By mail: typed, and kept (0600) in the link's directory; NULL: they come from elsewhere,
	 * or for sending are those of receiving. */
	const char *password, *send_password;
	const char *const *settings; /* "KEY=VALUE", NULL-ended; may be NULL */
	const char *out;    /* master only: path of the handshake file to write; must not exist */
	gboolean same_site; /* slave only */
} link_request;

/* Master: makes the link and its handshake file (0600), both or neither. */
gboolean link_make(site *, const link_request *, GError **error);
/*
 * Slave: makes the link from handshake file PATH and seals s1.  A file of this very site needs
 * SAME_SITE.  The same file again replaces a link of it that the master has not accepted yet.
 */
gboolean link_join(site *, const char *path, const link_request *, GError **error);
/* Do the settings of link NAME hold all that its channel needs?  Class CONFIG says what is missing.
 */
gboolean link_complete(const conf *, const char *name, GError **error);
/*
 * Tries the channel that REQ and CHANNEL (NULL: REQ's) describe, both ways, and TELLs each step.
 * No link is made, and no password is written anywhere.  FALSE: it could not be tried.
 */
gboolean link_try(site *, const link_request *, const char *channel, channel_verdict *tell,
		  gpointer data, GError **error);
/* Reads and verifies a handshake file; expiry is not judged. */
offer *link_inspect(const char *path, GError **error);
/*
 * May the OFFER in file PATH be joined here?  The error is that of link_join: expired, used here,
 * made by this very site.  *RET_EARLIER is the link that joining would replace, or NULL; caller
 * frees.
 */
gboolean link_may_join(site *, const char *path, const offer *, gboolean same_site,
		       char **ret_earlier, GError **error);
/* Is OFFER a new one for a link that is paired here?  *RET_NAME is that link, or NULL; caller
 * frees. */
gboolean link_rejoins(site *, const offer *, char **ret_name, GError **error);
/*
 * Slave: link NAME answers the new handshake file PATH with a key of its own and seals s1.  The
 * pair there was is left; items, settings and logs stay, and once the master has answered both
 * sides begin anew (rebase.h).
 */
gboolean link_rejoin(site *, const char *name, const char *path, const char *passphrase,
		     GError **error);
/* May a fresh handshake file be made for the link? */
gboolean link_may_invite(gateway *, GError **error);
/*
 * Master: a fresh handshake file; the one before is void from now on.  A link that has a partner
 * goes on with him until somebody joins by the file, who is the partner from then on; the file is
 * of a new key of the master's.
 */
gboolean link_invite(site *, const char *name, const char *passphrase, const char *out,
		     GError **error);
/* The six words of a paired link, or NULL before pairing; caller frees. */
char *link_words(gateway *);
/* Compares (case and blanks do not matter) and remembers that they were right. REASON_PROOF if not.
 */
gboolean link_verify(gateway *, const char *words, GError **error);
gboolean link_verified(gateway *);
/*
 * With pairing.confirm: who asked to join.  FALSE: nobody waits.  Caller frees both; the words of
 * the key are those their `link show` prints.
 */
gboolean link_asked(gateway *, char **ret_site, char **ret_fpr);
/* Says yes to who asked; the next pass pins that key and no other. */
gboolean link_accept(gateway *, GError **error);
/* Marks items as travelling on the link; they are captured at the next pass. RET_NEW counts those
 * that were not yet. */
gboolean link_assign(gateway *, const char *const *ids, guint *ret_new, GError **error);
/* Runs a last pass, seals what waits and says goodbye; no change travels afterwards. */
gboolean link_close(gateway *, GError **error);
gboolean link_closed(gateway *);
/* What would be lost by removing the link now, as texts (none: nothing); caller frees. */
GPtrArray *link_losses(gateway *, GError **error);
/* Removes the link with all its files.  The caller has asked. */
gboolean link_remove(site *, const char *name, GError **error);
/*
 * Points SEND and RECEIVE elsewhere: moves what lies there, tries both by writing and removing a
 * file, then sets folder.send and folder.receive (SYMLINK: replaces exchange/SEND and
 * exchange/RECEIVE by symbolic links instead).  Either may be NULL: stays as it is.
 */
gboolean link_connect(gateway *, const char *send, const char *receive, gboolean symlink,
		      GError **error);
/* What the partner has not stored is offered at the next pass, not when its time has come: the
 * channel has changed. */
gboolean link_offer_again(gateway *, GError **error);
/* The directories in use; caller frees. */
char *link_send_dir(gateway *);
char *link_receive_dir(gateway *);
