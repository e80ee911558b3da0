#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "spool/mail_private.h"

#define LINK "a1b2c3d4"

typedef struct {
	char *dir;
	conf *conf;
	channel *c;
} place;

static channel *
open_again(const place *p)
{
	g_autoptr(GError) why = NULL;
	channel *c = channel_mail.open(p->dir, p->conf, LINK, 'm', &why);

	g_assert_no_error(why);
	return c;
}

static void
set(place *p, const char *key, const char *value)
{
	g_autoptr(GError) why = NULL;

	conf_set(p->conf, key, value, &why);
	g_assert_no_error(why);
}

static void
set_up(place *p, gconstpointer unused)
{
	(void)unused;
	p->dir = g_dir_make_tmp("mail_state-t-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(p->dir, "link.conf", NULL);
	p->conf = conf_new(path, SET_LINK);
	set(p, "mail.address", "anna@example.com");
	set(p, "mail.receive", "imaps://anna@imap.example.com");
	set(p, "mail.send", "smtps://anna@smtp.example.com");
	set(p, "mail.password_file", "/nowhere/word");
	p->c = open_again(p);
}

static void
tear_down(place *p, gconstpointer unused)
{
	(void)unused;
	clock_shift(0);
	channel_mail.close(p->c);
	conf_free(p->conf);
	fsio_remove_tree(p->dir, NULL);
	g_free(p->dir);
}

/* Lets WAY fail for REASON; seconds until it is tried again. */
static gint64
fail_once(place *p, mail_way way, int reason)
{
	g_autoptr(GError) error = NULL;
	GError *why = NULL;

	fail_set(&why, reason, "imap.example.com:993: some reason");
	g_assert_false(mail_failed(p->c, way, why, &error));
	g_assert_true(fail_is(error, FAIL_RETRY));
	return mail_pause(p->c);
}

static void
the_pause_doubles_up_to_an_hour(place *p, gconstpointer unused)
{
	gint64 most = 30;

	(void)unused;
	for (guint i = 0; i < 40; i++) {
		gint64 pause = fail_once(p, MAIL_RECEIVING, REASON_MAIL_AWAY);

		/* A second may have passed; a quarter is left to chance. */
		g_assert_cmpint(pause, <=, most);
		g_assert_cmpint(pause, >=, most - most / 4 - 1);
		most = MIN(2 * most, 3600);
	}
}

static void
what_somebody_has_to_mend_waits_for_an_hour(place *p, gconstpointer unused)
{
	static const int reasons[] = {REASON_MAIL_LOGIN, REASON_MAIL_FULL, REASON_MAIL_REFUSED,
				      REASON_MAIL_CERTIFICATE};

	(void)unused;
	for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
		g_assert_cmpint(fail_once(p, MAIL_SENDING, reasons[i]), >=, 2699);
		g_autoptr(GPtrArray) told = mail_troubles(p->c);
		g_assert_cmpuint(told->len, ==, 1);
		g_assert_true(((const channel_trouble *)told->pdata[0])->serious);
		mail_worked(p->c, MAIL_SENDING);
	}
}

static void
the_ways_wait_apart(place *p, gconstpointer unused)
{
	g_autoptr(GError) why = NULL;

	(void)unused;
	fail_once(p, MAIL_SENDING, REASON_MAIL_LOGIN);
	g_assert_true(mail_may(p->c, MAIL_RECEIVING, &why));
	g_assert_false(mail_may(p->c, MAIL_SENDING, &why));
	g_assert_nonnull(strstr(why->message, "some reason"));
	/* The nearer of the two is the one to wait for. */
	g_assert_cmpint(fail_once(p, MAIL_RECEIVING, REASON_MAIL_AWAY), <=, 30);
	clock_shift(40);
	g_assert_true(mail_may(p->c, MAIL_RECEIVING, NULL));
	g_assert_false(mail_may(p->c, MAIL_SENDING, NULL));
	g_assert_cmpint(mail_pause(p->c), >, 2000);
}

static void
who_acts_does_not_wait(place *p, gconstpointer unused)
{
	(void)unused;
	fail_once(p, MAIL_SENDING, REASON_MAIL_LOGIN);
	mail_hurry(p->c);
	g_assert_true(mail_may(p->c, MAIL_SENDING, NULL));
	g_assert_cmpint(mail_pause(p->c), ==, 0);
}

static void
a_clock_that_was_set_back_does_not_hold_it(place *p, gconstpointer unused)
{
	(void)unused;
	fail_once(p, MAIL_SENDING, REASON_MAIL_LOGIN);
	clock_shift(-100000);
	g_assert_true(mail_may(p->c, MAIL_SENDING, NULL));
}

static void
it_is_known_after_a_restart_until_settings_change(place *p, gconstpointer unused)
{
	(void)unused;
	fail_once(p, MAIL_SENDING, REASON_MAIL_LOGIN);
	channel_mail.close(p->c);
	p->c = open_again(p);
	g_assert_false(mail_may(p->c, MAIL_SENDING, NULL));
	channel_mail.close(p->c);
	set(p, "mail.send", "smtps://anna@other.example.com");
	p->c = open_again(p);
	g_assert_true(mail_may(p->c, MAIL_SENDING, NULL));
}

static void
a_file_that_is_damaged_is_as_good_as_none(place *p, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(p->dir, MAIL_STATE, NULL);

	(void)unused;
	fail_once(p, MAIL_SENDING, REASON_MAIL_LOGIN);
	channel_mail.close(p->c);
	g_assert_true(g_file_set_contents(path, "{\"wait\":[", -1, NULL));
	p->c = open_again(p);
	g_assert_true(mail_may(p->c, MAIL_SENDING, NULL));
}

static void
add(const char *name, void (*func)(place *, gconstpointer))
{
	g_test_add(name, place, NULL, set_up, func, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/mail_state/the_pause_doubles_up_to_an_hour", the_pause_doubles_up_to_an_hour);
	add("/mail_state/what_somebody_has_to_mend_waits_for_an_hour",
	    what_somebody_has_to_mend_waits_for_an_hour);
	add("/mail_state/the_ways_wait_apart", the_ways_wait_apart);
	add("/mail_state/who_acts_does_not_wait", who_acts_does_not_wait);
	add("/mail_state/a_clock_that_was_set_back_does_not_hold_it",
	    a_clock_that_was_set_back_does_not_hold_it);
	add("/mail_state/it_is_known_after_a_restart_until_settings_change",
	    it_is_known_after_a_restart_until_settings_change);
	add("/mail_state/a_file_that_is_damaged_is_as_good_as_none",
	    a_file_that_is_damaged_is_as_good_as_none);
	return g_test_run();
}
