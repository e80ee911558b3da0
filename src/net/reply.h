/*
 * reply - what a mail server says, and what a refusal means
 *
 * Fed with the lines of a session as they come, it keeps the last refusal, bounded and fit to be
 * shown in one line.
 */
#pragma once
#include "base/mail_url.h"

typedef struct reply reply;
reply *reply_new(mail_protocol);
void reply_free(reply *); /* NULL is a no-op */
/* Forgets what was said, for what is asked next. */
void reply_reset(reply *);
/* Takes one line in; its end may be missing, and it need not be text. */
void reply_line(reply *, const char *line, gsize len);
/* Whole answers since the last reset. */
guint reply_count(const reply *);
/* SIZE of the last answer to EHLO, ever; 0 where it did not say. */
guint64 reply_size(const reply *);
/* The last refusal since the last reset, printable and 300 bytes at most; NULL: none; borrowed. */
const char *reply_refusal(const reply *);
/* Its SMTP code; 0: none, or not SMTP. */
int reply_code(const reply *);
/* Has a login begun since the last reset? */
gboolean reply_challenged(const reply *);
/*
 * The REASON_MAIL_ number of a refusal.  LOGIN: it was the answer to a login; RECIPIENT: to one
 * recipient, where 552 can't be about the mail.
 */
int reply_reason(const char *refusal, gboolean login, gboolean recipient);
