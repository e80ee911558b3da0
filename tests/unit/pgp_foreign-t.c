/* What somebody with stock gpg may send us. */
#include "tests/unit/pgp_kit.h"

/* Our site, and a partner who is stock gpg in a home of its own. */
typedef struct {
	char *dir;
	char *gpg_home; /* in /tmp, whatever TMPDIR is: an agent's socket needs a short name */
	char *wrapper;  /* NULL, or what gpg runs under */
	pgp *us;
	char *our_fpr;
	char *their_fpr;
} sites;

/* Runs gpg with the words of the line FORMAT makes; returns what it printed. */
static char *G_GNUC_PRINTF(2, 3) gpg(const sites *s, const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *out = NULL, *complaint = NULL;
	int status = -1;
	va_list args;

	va_start(args, format);
	g_autofree char *command = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *line = g_strdup_printf(
		"%s gpg --homedir %s --batch --yes --quiet --no-tty --trust-model always "
		"--pinentry-mode loopback --ignore-time-conflict --ignore-valid-from %s",
		s->wrapper == NULL ? "" : s->wrapper, s->gpg_home, command);
	g_assert_true(g_spawn_command_line_sync(line, &out, &complaint, &status, &error));
	g_assert_no_error(error);
	if (status != 0)
		g_error("%s: %s", line, complaint);
	return g_steal_pointer(&out);
}

static char *
path(const sites *s, const char *name)
{
	return g_build_filename(s->dir, name, NULL);
}

static GBytes *
load(const sites *s, const char *name)
{
	g_autofree char *file = path(s, name);
	char *data;
	gsize len;

	g_assert_true(g_file_get_contents(file, &data, &len, NULL));
	return g_bytes_new_take(data, len);
}

static void
save(const sites *s, const char *name, const char *data, gsize len)
{
	g_autofree char *file = path(s, name);

	g_assert_true(g_file_set_contents(file, data, (gssize)len, NULL));
}

/* The fingerprint of NAME, a new key of theirs made with the words KIND. */
static char *
new_key(const sites *s, const char *name, const char *kind)
{
	g_free(gpg(s, "--passphrase '' --quick-gen-key %s %s", name, kind));
	g_autofree char *list = gpg(s, "--with-colons --list-keys %s", name);
	const char *fpr = strstr(list, "\nfpr:::::::::");

	g_assert_nonnull(fpr);
	return g_strndup(fpr + strlen("\nfpr:::::::::"), PGP_FPR_LEN);
}

static char *
import(const sites *s, const char *name, GError **error)
{
	g_autoptr(GBytes) key = load(s, name);

	return pgp_import(s->us, g_bytes_get_data(key, NULL), g_bytes_get_size(key), error);
}

static void
meet(sites *s)
{
	g_autoptr(GError) error = NULL;

	g_free(gpg(s, "-o %s/theirs --export %s", s->dir, s->their_fpr));
	g_autofree char *got = import(s, "theirs", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(got, ==, s->their_fpr);
	g_autofree char *ours = pgp_export(s->us, s->our_fpr, &error);
	g_assert_no_error(error);
	save(s, "ours", ours, strlen(ours));
	g_free(gpg(s, "--import %s/ours", s->dir));
}

static void
set_up(sites *s, gconstpointer wrapper)
{
	g_autoptr(GError) error = NULL;

	s->dir = g_dir_make_tmp("pgp-t-XXXXXX", &error);
	g_assert_no_error(error);
	s->gpg_home = g_strdup("/tmp/pgp-t-XXXXXX");
	g_assert_nonnull(g_mkdtemp(s->gpg_home));
	s->wrapper = g_strdup(wrapper);
	g_autofree char *home = path(s, "us");
	s->us = pgp_start(home, NULL, &error);
	g_assert_no_error(error);
	s->our_fpr = pgp_make_key(s->us, "us", &error);
	g_assert_no_error(error);
	s->their_fpr = new_key(s, "them@example.com", "future-default default never");
	meet(s);
	save(s, "text", TEXT, strlen(TEXT));
}

static void
tear_down(sites *s, gconstpointer wrapper G_GNUC_UNUSED)
{
	g_autofree char *line = g_strdup_printf("gpgconf --homedir %s --kill all", s->gpg_home);

	pgp_stop(s->us);
	g_assert_true(g_spawn_command_line_sync(line, NULL, NULL, NULL, NULL));
	g_assert_true(fsio_remove_tree(s->gpg_home, NULL));
	g_assert_true(fsio_remove_tree(s->dir, NULL));
	g_free(s->dir);
	g_free(s->gpg_home);
	g_free(s->wrapper);
	g_free(s->our_fpr);
	g_free(s->their_fpr);
}

/* What unsealing the file NAME gives. */
static int
judge(const sites *s, const char *name, pgp_protect protect)
{
	g_autoptr(GBytes) message = load(s, name);

	return unseal(s->us, message, protect, s->their_fpr, NO_LIMIT, NULL);
}

/* What unsealing what gpg makes of the text by the words HOW gives. */
static int
reason_for(const sites *s, pgp_protect protect, const char *how)
{
	g_free(gpg(s, "-u %s -r %s -o %s/m %s %s/text", s->their_fpr, s->our_fpr, s->dir, how,
		   s->dir));
	return judge(s, "m", protect);
}

static void
stock_gpg_and_we_understand_each_other(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	const char *recipients[] = {s->our_fpr, s->their_fpr, NULL};
	int in = file_of(TEXT, strlen(TEXT));
	int out = file_of("", 0);

	g_assert_cmpint(reason_for(s, PGP_ENCRYPT, "-se"), ==, 0);
	g_assert_cmpint(reason_for(s, PGP_ENCRYPT, "-se --throw-keyids"), ==, 0);
	g_assert_cmpint(reason_for(s, PGP_SIGN, "-s -z 0"), ==, 0);
	g_assert_true(pgp_seal(s->us, in, out, s->our_fpr, recipients, &error));
	g_assert_no_error(error);
	g_autoptr(GBytes) sealed = all_of(out);
	save(s, "sealed", g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed));
	g_autofree char *text = gpg(s, "--decrypt %s/sealed", s->dir);
	g_assert_cmpstr(text, ==, TEXT);
	close(in);
	close(out);
}

static void
protection_other_than_agreed_is_refused(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	static const struct {
		const char *how;
		int encrypt, sign; /* reasons where the link encrypts, where it signs */
	} rows[] = {
		{"-s -z 0", REASON_PROTECTION, 0},
		{"-s", REASON_PROTECTION, REASON_UNSIGNED},
		{"-e", REASON_UNSIGNED, REASON_PROTECTION},
		{"-se", 0, REASON_PROTECTION},
		{"-sc --passphrase x", REASON_PROTECTION, REASON_PROTECTION},
		{"-sec --passphrase x", REASON_PROTECTION, REASON_PROTECTION},
		{"--store", REASON_PROTECTION, REASON_UNSIGNED},
		{"--store -z 0", REASON_PROTECTION, REASON_UNSIGNED},
		{"--clearsign", REASON_CANNOT_DECRYPT, REASON_UNSIGNED},
		{"-se --armor", REASON_CANNOT_DECRYPT, REASON_UNSIGNED},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].how);
		g_assert_cmpint(reason_for(s, PGP_ENCRYPT, rows[i].how), ==, rows[i].encrypt);
		g_assert_cmpint(reason_for(s, PGP_SIGN, rows[i].how), ==, rows[i].sign);
	}
}

static void
what_is_no_message_is_refused(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	static const struct {
		const char *data;
		gsize len;
	} rows[] = {{"", 0},
		    {"PK\3\4 a zip", 10},
		    {"\x84", 1},
		    {"\x85\xff", 2},
		    {"\xc1\xff\xff\xff\xff\xff", 6},
		    {"\xc1\x01\x00\xc1\x01\x00\xd2\x01\x00", 9},
		    {"\xd2\xff\xff\xff\xff\xff", 6}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		save(s, "m", rows[i].data, rows[i].len);
		g_assert_cmpint(reason_of(judge(s, "m", PGP_ENCRYPT))->class, ==, FAIL_TRUST);
		g_assert_cmpint(reason_of(judge(s, "m", PGP_SIGN))->class, ==, FAIL_TRUST);
	}
}

static void
two_signatures_are_refused(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *second = new_key(s, "second@example.com", "future-default default never");
	g_autofree char *how = g_strdup_printf("-se -u %s", second);
	g_autofree char *only_signed = g_strdup_printf("-s -z 0 -u %s", second);

	g_assert_cmpint(reason_for(s, PGP_ENCRYPT, how), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(reason_for(s, PGP_SIGN, only_signed), ==, REASON_BAD_SIGNATURE);
	g_free(gpg(s, "-o %s/second --export %s", s->dir, second));
	g_free(import(s, "second", NULL));
	g_assert_cmpint(reason_for(s, PGP_ENCRYPT, how), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(reason_for(s, PGP_SIGN, only_signed), ==, REASON_BAD_SIGNATURE);
}

static void
a_signing_subkey_counts_as_its_primary_key(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_free(gpg(s, "--passphrase '' --quick-add-key %s ed25519 sign never", s->their_fpr));
	meet(s);
	g_assert_cmpint(reason_for(s, PGP_ENCRYPT, "-se"), ==, 0);
}

/* Adds the bytes of file MORE behind those of m. */
static void
append(const sites *s, const char *more)
{
	g_autoptr(GBytes) first = load(s, "m");
	g_autoptr(GBytes) second = load(s, more);
	g_autoptr(GByteArray) both = g_byte_array_new();

	g_byte_array_append(both, g_bytes_get_data(first, NULL), (guint)g_bytes_get_size(first));
	g_byte_array_append(both, g_bytes_get_data(second, NULL), (guint)g_bytes_get_size(second));
	save(s, "m", (const char *)both->data, both->len);
}

static void
anything_behind_a_message_is_refused(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	static const struct {
		const char *how;
		pgp_protect protect;
		const char *more;
	} rows[] = {
		{"-se", PGP_ENCRYPT, "m"},     {"-se", PGP_ENCRYPT, "text"},
		{"-se", PGP_ENCRYPT, "plain"}, {"-s -z 0", PGP_SIGN, "m"},
		{"-s -z 0", PGP_SIGN, "text"}, {"-s -z 0", PGP_SIGN, "plain"},
	};

	g_free(gpg(s, "-o %s/plain --store %s/text", s->dir, s->dir));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_assert_cmpint(reason_for(s, rows[i].protect, rows[i].how), ==, 0);
		g_test_message("%s and %s", rows[i].how, rows[i].more);
		append(s, rows[i].more);
		g_assert_cmpint(reason_of(judge(s, "m", rows[i].protect))->class, ==, FAIL_TRUST);
	}
}

static void
a_compressed_bomb_is_cut_off(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *zeros = g_malloc0(8 * 1024 * 1024);
	const char *signers[] = {s->their_fpr, NULL};
	g_autoptr(GError) error = NULL;
	int out = file_of("", 0);

	save(s, "zeros", zeros, 8 * 1024 * 1024);
	g_free(gpg(s, "-u %s -r %s -o %s/m -se %s/zeros", s->their_fpr, s->our_fpr, s->dir,
		   s->dir));
	g_autoptr(GBytes) message = load(s, "m");
	g_assert_cmpuint(g_bytes_get_size(message), <, 64 * 1024);
	int in = file_of(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
	g_assert_false(pgp_unseal(s->us, in, out, PGP_ENCRYPT, signers, 1024 * 1024, NULL, &error));
	g_assert_error(error, FAIL, REASON_BOMB);
	g_assert_cmpint(lseek(out, 0, SEEK_END), <=, 1024 * 1024);
	close(in);
	close(out);
}

static void
a_bomb_among_many_files_leaves_nothing(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	static const char *const names[] = {"first", "bomb", "last"};
	g_autofree char *zeros = g_malloc0(8 * 1024 * 1024);
	const char *signers[] = {s->their_fpr, NULL};
	int dir = fsio_open_dir(s->dir, NULL);
	gboolean opened[G_N_ELEMENTS(names)];

	save(s, "zeros", zeros, 8 * 1024 * 1024);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_free(gpg(s, "-u %s -r %s -o %s/%s.gpg -se %s/%s", s->their_fpr, s->our_fpr,
			   s->dir, names[i], s->dir, i == 1 ? "zeros" : "text"));
	g_assert_true(pgp_unseal_many(s->us, dir, names, G_N_ELEMENTS(names), PGP_ENCRYPT, signers,
				      1024 * 1024, opened, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_true(!opened[i] && !fsio_exists(dir, names[i]));
	close(dir);
}

static void
a_signed_message_is_no_detached_signature(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	static const char *const hows[] = {"-s --armor", "--clearsign", "-se --armor"};

	for (gsize i = 0; i < G_N_ELEMENTS(hows); i++) {
		g_autoptr(GError) error = NULL;

		g_free(gpg(s, "-u %s -r %s -o %s/m %s %s/text", s->their_fpr, s->our_fpr, s->dir,
			   hows[i], s->dir));
		g_autoptr(GBytes) message = load(s, "m");
		g_autofree char *text =
			g_strndup(g_bytes_get_data(message, NULL), g_bytes_get_size(message));
		g_assert_false(pgp_verify(s->us, TEXT, strlen(TEXT), text, s->their_fpr, &error));
		g_assert_true(fail_is(error, FAIL_TRUST));
		g_clear_error(&error);
		g_assert_false(pgp_verify(s->us, "other", 5, text, s->their_fpr, &error));
		g_assert_true(fail_is(error, FAIL_TRUST));
	}
}

static void
only_one_lasting_public_key_is_taken_in(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *sign_only = new_key(s, "sign@example.com", "ed25519 sign never");
	g_autofree char *expiring = new_key(s, "old@example.com", "future-default default 1d");
	g_autofree char *good = new_key(s, "good@example.com", "rsa2048 default never");
	const struct {
		const char *what;
		const char *which;
		const char *too;
	} rows[] = {{"--export", good, sign_only},
		    {"--export-secret-keys", good, ""},
		    {"--export", sign_only, ""},
		    {"--export", expiring, ""},
		    {"--armor --export", sign_only, ""}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		g_free(gpg(s, "-o %s/key --passphrase '' %s %s %s", s->dir, rows[i].what,
			   rows[i].which, rows[i].too));
		g_autofree char *got = import(s, "key", &error);
		g_assert_error(error, FAIL, FAIL_REJECT);
		g_assert_null(got);
		g_autofree char *still = pgp_export(s->us, rows[i].which, NULL);
		g_assert_null(still);
	}
}

static void
what_is_no_key_is_refused(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *large = g_malloc0(PGP_KEY_MAX + 1);
	g_autofree char *of_nothing = pgp_import(s->us, "", 0, &error);

	g_assert_error(error, FAIL, FAIL_REJECT);
	g_clear_error(&error);
	g_autofree char *of_junk = pgp_import(s->us, "nonsense", 8, &error);
	g_assert_error(error, FAIL, FAIL_REJECT);
	g_clear_error(&error);
	g_autofree char *of_much = pgp_import(s->us, large, PGP_KEY_MAX + 1, &error);
	g_assert_error(error, FAIL, FAIL_REJECT);
	g_assert_true(of_nothing == NULL && of_junk == NULL && of_much == NULL);
}

/* The key was made and the message signed by another clock: that ends no join. */
static void
a_partner_with_another_clock_is_understood(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *signature = NULL;
	g_autoptr(GError) error = NULL;

	stock_gpg_and_we_understand_each_other(s, NULL);
	g_free(gpg(s, "-u %s -o %s/m --armor -b %s/text", s->their_fpr, s->dir, s->dir));
	g_autoptr(GBytes) m = load(s, "m");
	signature = g_strndup(g_bytes_get_data(m, NULL), g_bytes_get_size(m));
	g_assert_true(pgp_verify(s->us, TEXT, strlen(TEXT), signature, s->their_fpr, &error));
	g_assert_no_error(error);
}

static void
add(const char *name, const char *wrapper, void (*test)(sites *, gconstpointer))
{
	g_autofree char *full = g_strconcat("/pgp_foreign/", name, NULL);

	g_test_add(full, sites, wrapper, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("stock_gpg_and_we_understand_each_other", NULL, stock_gpg_and_we_understand_each_other);
	add("protection_other_than_agreed_is_refused", NULL,
	    protection_other_than_agreed_is_refused);
	add("what_is_no_message_is_refused", NULL, what_is_no_message_is_refused);
	add("two_signatures_are_refused", NULL, two_signatures_are_refused);
	add("a_signing_subkey_counts_as_its_primary_key", NULL,
	    a_signing_subkey_counts_as_its_primary_key);
	add("anything_behind_a_message_is_refused", NULL, anything_behind_a_message_is_refused);
	add("a_compressed_bomb_is_cut_off", NULL, a_compressed_bomb_is_cut_off);
	add("a_bomb_among_many_files_leaves_nothing", NULL, a_bomb_among_many_files_leaves_nothing);
	add("a_signed_message_is_no_detached_signature", NULL,
	    a_signed_message_is_no_detached_signature);
	add("only_one_lasting_public_key_is_taken_in", NULL,
	    only_one_lasting_public_key_is_taken_in);
	add("what_is_no_key_is_refused", NULL, what_is_no_key_is_refused);
	add("a_partner_whose_clock_is_a_day_ahead_is_understood", "faketime -f +1d",
	    a_partner_with_another_clock_is_understood);
	add("a_partner_whose_clock_is_a_day_behind_is_understood", "faketime -f -1d",
	    a_partner_with_another_clock_is_understood);
	return g_test_run();
}
