/*
 * adapter - the contract between handsel and one kind of local tracker
 *
 * An adapter knows nothing of partners, envelopes or keys.  It speaks uids: the
 * uid of an item or thing is drawn when the adapter first shows it and stays with it, on every
 * link of the site.  A tracker that can keep a foreign key keeps it there.
 *
 * A NULL optional member is the missing capability.  Errors: RETRY when the
 * tracker can't be reached or is busy, CONFIG when the operator must act.  What the tracker
 * does not want is no error but a refused result (item/plan.h).
 */
#pragma once
#include "base/json.h"
#include "contract/contract.h"
#include "item/item.h"
#include "item/plan.h"

typedef struct adapter adapter;

/*
 * Where a file's bytes come from: a descriptor to read from its start, the adapter closes it; -1
 * and *ERROR if they are not here; a RETRY stops the plan, all else is an answer.  The adapter asks
 * for each file that the thing does not show already, though it may have one of that hash: who
 * can't show the bytes shall not get at them by their hash.
 */
typedef int adapter_content(const char *sha256, gpointer data, GError **error);

typedef struct {
	const char *name; /* as written after "adapter =" */
	/* Optional: files of the home, NULL-ended, that are written whenever the tracker changes.
	 */
	const char *const *files;
	/* Opens the tracker of the site at HOME; local writes bear the login USER. */
	adapter *(*open)(const char *home, const char *user, GError **error);
	void (*close)(adapter *);

	/* Makes the tracker able to hold what CONTRACT says, as far as it can; what it lacks comes
	 * back as texts, caller frees. */
	gboolean (*prepare)(adapter *, const contract *, GPtrArray **ret_lacks, GError **error);
	/*
	 * Items changed (or removed) after CURSOR, oldest change first, LIMIT at most, each once
	 * with its last change: RET_UIDS (caller frees).  RET_CURSOR (caller frees) is what to pass
	 * next time; the same as CURSOR when nothing changed.  A NULL CURSOR is the beginning.
	 * What nobody but LINK's own apply() changed since may be left out: the link knows it.
	 */
	gboolean (*changes)(adapter *, const char *link, const char *cursor, guint limit,
			    GPtrArray **ret_uids, char **ret_cursor, GError **error);
	/* *RET is the item as the tracker shows it now, or NULL when it is not there. */
	gboolean (*get)(adapter *, const char *uid, item **ret, GError **error);
	/* *RET: is there such an item?  Cheap. */
	gboolean (*exists)(adapter *, const char *uid, gboolean *ret, GError **error);
	/* The uid of what people call ID; caller frees.  NULL with REASON_NO_ITEM. */
	char *(*find)(adapter *, const char *id, GError **error);
	/* What people call UID, or NULL; caller frees. */
	char *(*id_of)(adapter *, const char *uid);
	/* How many items there are, and how many match FIELD=VALUE (NULL: all). */
	gboolean (*count)(adapter *, const char *field, const char *value, guint64 *ret,
			  GError **error);

	/* Optional: everything between becomes durable together. */
	gboolean (*begin)(adapter *, GError **error);
	gboolean (*commit)(adapter *, GError **error);
	void (*rollback)(adapter *);
	/*
	 * Carries PLAN out and returns its results (new reference).  With
	 * begin/commit, TOKEN (of link LINK) and the results are kept in the same transaction.
	 * JSON null: nothing was done, as the item no longer has the plan's mark; the caller reads
	 * it again and makes another plan.  With begin this is certain.  Without it the mark is
	 * compared as late as can be, and a value found in between all the same is the result's
	 * "back": what the person wrote is then captured as an edit and what we wrote is logged.
	 *
	 * Without begin an intent left open by a crash is a lock: until it has been looked after,
	 * no link of the site captures, merges or writes that item, not even a record of its own.
	 * Whoever went on would not see what people did meanwhile, and a request whose answer was
	 * lost might make the item or thing a second time.
	 */
	json_t *(*apply)(adapter *, const char *link, const char *token, const json_t *plan,
			 adapter_content *, gpointer data, GError **error);
	/* Optional, with begin: *RET (new reference) are the results kept for TOKEN, or NULL if it
	 * was not applied. */
	gboolean (*applied)(adapter *, const char *link, const char *token, json_t **ret,
			    GError **error);
	/* The bytes of a file that an item shows, to read from the start; the caller closes it.  -1
	 * on error.  RET_SIZE may be NULL. */
	int (*open_file)(adapter *, const char *sha256, guint64 *ret_size, GError **error);
	/* Optional: take and give back an edit lock around read and write. */
	gboolean (*lock)(adapter *, const char *uid, GError **error);
	void (*unlock)(adapter *, const char *uid);
	/* Optional, for trackers without begin: uids of items or things whose marker says UID;
	 * finds what a lost answer made. */
	gboolean (*find_marker)(adapter *, const char *uid, GPtrArray **ret_ids, GError **error);
} adapter_ops;

/* The table of adapter NAME, or NULL. */
const adapter_ops *adapter_find(const char *name);
/* All of them, ended by NULL. */
const adapter_ops *const *adapter_all(void);

extern const adapter_ops adapter_desk;
