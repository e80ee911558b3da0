/*
 * gateway - one link at work: everything that crosses modules
 *
 * A gateway is one opened link.  Whoever means to write holds the link's lock; to look needs none.
 * The calls below are what the commands are made of.
 */
#pragma once
#include "adapter/adapter.h"
#include "conf/site.h"
#include "contract/contract.h"
#include "handshake/pairing.h"
#include "pgp/pgp.h"
#include "spool/channel.h"
#include "spool/spool.h"
#include "store/store.h"

typedef struct gateway gateway;

typedef enum {
	GATE_LOOK,    /* read only: no lock, no keys, no tracker */
	GATE_TRACKER, /* the lock and the tracker, no keys */
	GATE_WORK,    /* the lock, keys, tracker */
	GATE_RUN /* the same for a resident process, which waits for no lock, and asks for none */
} gate_mode;

/*
 * Takes the lock of link NAME, whose directory is DIR.  A resident process that has it is asked to
 * let go: `wake` is touched, and locked (shared) while the asker waits.  A descriptor to close, or
 * -1: RETRY if the lock stays taken.
 */
int gateway_lock(const char *dir, const char *name, GError **error);

/*
 * Opens link NAME.  OVERRIDES ("KEY=VALUE", NULL-ended, may be NULL) hold for this run only.  The
 * lock being taken is RETRY, with who to ask.
 */
gateway *gateway_open(site *, const char *name, gate_mode, const char *const *overrides,
		      GError **error);
void gateway_close(gateway *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(gateway, gateway_close)

/*
 * STEP is called between any two steps of a pass that may take long: an envelope, a thousand items.
 * When it answers FALSE the pass ends there, and the next one goes on.
 */
typedef gboolean gate_step(gpointer data);
void gateway_on_step(gateway *, gate_step *, gpointer data);

const char *gateway_name(const gateway *);
const char *gateway_dir(const gateway *);
conf *gateway_conf(gateway *);
store *gateway_store(gateway *);
spool *gateway_spool(gateway *);
contract *gateway_contract(gateway *);
const store_numbers *gateway_numbers(const gateway *);
gboolean gateway_is_master(const gateway *);
pair_state gateway_state(const gateway *);
/* Full fingerprints; the partner's is NULL until known. */
const char *gateway_me(const gateway *);
const char *gateway_partner(const gateway *);
/* Why the link stopped by itself (fork, restored backup …), or NULL; borrowed. */
const char *gateway_stopped(const gateway *);
/* "m17"; caller frees. */
char *gateway_my_id(const gateway *, guint64 number);
char *gateway_their_id(const gateway *, guint64 number);
/*
 * From now on passes capture items IDS (NULL-ended) only; what else has changed stays noted for
 * those of a later opening.  REASON_NO_ITEM names one that is not here.
 */
gboolean gateway_only(gateway *, const char *const *ids, GError **error);
/* The uid of what people call ID on this side; caller frees. */
char *gateway_find_item(gateway *, const char *id, GError **error);
