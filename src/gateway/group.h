/*
 * group - private copies of files that wait to be judged, in the order in which they came
 *
 * One gpg opens many small envelopes in the time of a few, so copies are collected before the first
 * is judged.  Whether and how a copy is opened is no judgement: what could not be opened together
 * is opened alone, and only that tells why it can't.
 */
#pragma once
#include "gateway/private.h"

typedef struct {
	envelope_name name;
	char *tmp;    /* its name in tmp */
	char *plain;  /* its plain text in tmp, if it is open already; else NULL */
	char *signer; /* who signed PLAIN */
	guint64 size;
	gboolean complete, settled;
	take_verdict *verdict; /* the channel looks there; borrowed */
} group_copy;

typedef struct group group;
/* G must outlive it. */
group *group_new(gateway *);
/* Removes what it still holds in tmp. */
void group_free(group *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(group, group_free)
/* Adds a copy; its strings are taken over. */
void group_add(group *, group_copy);
/* Is it large enough to be judged now? */
gboolean group_full(const group *);
/* Opens what can be opened together, if that saves anything: what is signed by the key that the
 * partner signs with now, and PROTECT-ed as the link is. */
void group_open(group *, pgp_protect protect);
/* The copies, group_copy. */
GPtrArray *group_copies(group *);
/* Lets go of all. */
void group_clear(group *);
