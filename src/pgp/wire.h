/*
 * wire - the messages between the client and handsel-pgp
 *
 * A SOCK_SEQPACKET pair; one message is one packet: a code, strings, and
 * descriptors.  The client asks, the helper answers once; the helper's first
 * message, unasked, says whether it could start.  Everything large travels as a
 * descriptor.
 */
#pragma once
#include <glib.h>

#define WIRE_SOCKET      3 /* the helper finds its end here */
#define WIRE_MESSAGE_MAX (16 * 1024)
#define WIRE_FIELDS_MAX  100
#define WIRE_FDS         2

/* Codes of requests, with their fields; IN and OUT are descriptors. */
typedef enum {
	WIRE_MAKE_KEY = 1, /* name -> fingerprint */
	WIRE_EXPORT,       /* fingerprint; OUT */
	WIRE_IMPORT,       /* IN -> fingerprint */
	WIRE_FORGET,       /* fingerprint */
	WIRE_SEAL,         /* signer, recipients ...; IN, OUT */
	WIRE_UNSEAL,       /* protection, limit, signers ...; IN, OUT -> signer */
	WIRE_DECRYPT,      /* limit; IN, OUT */
	WIRE_SIGN,         /* signer; IN, OUT */
	WIRE_VERIFY,       /* fingerprint; IN (data), IN (signature) */
	WIRE_UNSEAL_MANY   /* protection, limit, count, names ..., signers ...; directory -> for
			      each name 1 or 0 */
} wire_op;

/*
 * The code of an answer is 0, its fields the results; or a FAIL code, its first
 * field the text, its second, if there is one, the fingerprint of the signer.
 */
typedef struct {
	int code;
	char **fields;     /* NULL-ended, never NULL after wire_receive */
	int fds[WIRE_FDS]; /* -1 where there is none */
} wire_message;

#define WIRE_MESSAGE_INIT                                                                          \
	{                                                                                          \
		0, NULL,                                                                           \
		{                                                                                  \
			-1, -1                                                                     \
		}                                                                                  \
	}

/* Frees the strings and closes the descriptors. */
void wire_message_clear(wire_message *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(wire_message, wire_message_clear)

/*
 * Sends CODE, FIELDS (NULL-ended; NULL: none) and those of the WIRE_FDS descriptors FDS
 * (NULL: none) that are not -1.  What exceeds the maxima is class REJECT and not sent.
 */
gboolean wire_send(int socket, int code, const char *const *fields, const int *fds, GError **error);

typedef enum { WIRE_FAILED, WIRE_ENDED, WIRE_RECEIVED } wire_result;
/* Waits for a message; *RET, which must be fresh, is the caller's to clear.  WIRE_ENDED, without an
 * error: the other end is gone. */
wire_result wire_receive(int socket, wire_message *ret, GError **error);
