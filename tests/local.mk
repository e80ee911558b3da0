UNIT_TESTS = \
	tests/unit/account-t \
	tests/unit/anchor-t \
	tests/unit/brake-t \
	tests/unit/clock-t \
	tests/unit/conf-t \
	tests/unit/confine-t \
	tests/unit/contract-t \
	tests/unit/csv-t \
	tests/unit/db-t \
	tests/unit/db_open-t \
	tests/unit/desk-t \
	tests/unit/desk_apply-t \
	tests/unit/desk_import-t \
	tests/unit/desk_things-t \
	tests/unit/desk_token-t \
	tests/unit/durable-t \
	tests/unit/envelope_build-t \
	tests/unit/envelope_name-t \
	tests/unit/envelope_read-t \
	tests/unit/fail-t \
	tests/unit/fault-t \
	tests/unit/fence-t \
	tests/unit/folder-t \
	tests/unit/folder_send-t \
	tests/unit/fsio-t \
	tests/unit/fsio_dir-t \
	tests/unit/gateway-t \
	tests/unit/grow-t \
	tests/unit/guard-t \
	tests/unit/helper_status-t \
	tests/unit/imap-t \
	tests/unit/imap_change-t \
	tests/unit/imap_fetch-t \
	tests/unit/item-t \
	tests/unit/json-t \
	tests/unit/keys-t \
	tests/unit/late-t \
	tests/unit/mail_guess-t \
	tests/unit/mail_state-t \
	tests/unit/mail_url-t \
	tests/unit/manifest-t \
	tests/unit/message-t \
	tests/unit/mime-t \
	tests/unit/mime_bounce-t \
	tests/unit/mime_hostile-t \
	tests/unit/mime_name-t \
	tests/unit/mime_write-t \
	tests/unit/offer-t \
	tests/unit/offer_refused-t \
	tests/unit/pairing-t \
	tests/unit/parts-t \
	tests/unit/pgp-t \
	tests/unit/pgp_ahead-t \
	tests/unit/pgp_foreign-t \
	tests/unit/pgp_life-t \
	tests/unit/pgp_many-t \
	tests/unit/plan-t \
	tests/unit/pop3-t \
	tests/unit/proc-t \
	tests/unit/proof-t \
	tests/unit/rand-t \
	tests/unit/rebase-t \
	tests/unit/reply-t \
	tests/unit/ring-t \
	tests/unit/runlock-t \
	tests/unit/schedule-t \
	tests/unit/setting-t \
	tests/unit/site-t \
	tests/unit/smtp-t \
	tests/unit/smtp_login-t \
	tests/unit/spool-t \
	tests/unit/store-t \
	tests/unit/stream-t \
	tests/unit/sync-t \
	tests/unit/sync_generation-t \
	tests/unit/sync_sim-t \
	tests/unit/sync_value-t \
	tests/unit/sync_vectors-t \
	tests/unit/sync_wire-t \
	tests/unit/take-t \
	tests/unit/times-t \
	tests/unit/type-t \
	tests/unit/u64-t \
	tests/unit/watch-t \
	tests/unit/wire-t \
	tests/unit/wizard-t \
	tests/unit/words-t

SIM_TESTS = \
	tests/sim/sim

STYLE_TESTS = \
	tests/check-build-lists.sh \
	tests/check-seam.sh \
	tests/style/calls.sh \
	tests/style/checks-can-fail.sh \
	tests/style/format.sh \
	tests/style/headers.sh \
	tests/style/layers.sh \
	tests/style/lengths.sh \
	tests/style/man.sh \
	tests/style/maxima.sh \
	tests/style/paths.sh

# With sanitizers these go once through pairing, passes of either channel, and what is wrong with envelopes.
FLOW_TESTS = \
	tests/flow/spool.sh \
	tests/flow/mail.sh

# The others of the usual run; those that take longest begin, so that none is left alone at the end.
MORE_TESTS = \
	tests/mutants.sh \
	tests/flow/power.sh \
	tests/flow/bad-input.sh \
	tests/flow/kill.sh \
	tests/flow/three.sh \
	tests/flow/carrier.sh \
	tests/flow/alert.sh \
	tests/flow/alone.sh \
	tests/flow/backup.sh \
	tests/flow/behind.sh \
	tests/flow/both-ways.sh \
	tests/flow/bugs.sh \
	tests/flow/cli.sh \
	tests/flow/cli_link.sh \
	tests/flow/confine.sh \
	tests/flow/consent.sh \
	tests/flow/late.sh \
	tests/flow/liar.sh \
	tests/flow/link-test.sh \
	tests/flow/log.sh \
	tests/flow/manual.sh \
	tests/flow/open.sh \
	tests/flow/pairing.sh \
	tests/flow/permissions.sh \
	tests/flow/points.sh \
	tests/flow/rekey.sh \
	tests/flow/run.sh \
	tests/flow/scope.sh \
	tests/flow/serial.sh \
	tests/flow/status.sh \
	tests/flow/sweep.sh \
	tests/flow/terminal.sh \
	tests/flow/tutorial.sh \
	tests/flow/want.sh \
	tests/flow/wizard.sh

# These go the same ways in more variety, carry much, die at each step, or mostly wait.
LONG_TESTS = \
	tests/flow/backlog.sh \
	tests/flow/between.sh \
	tests/flow/brake.sh \
	tests/flow/former.sh \
	tests/flow/growth.sh \
	tests/flow/hang.sh \
	tests/flow/mail-alert.sh \
	tests/flow/mail-carrier.sh \
	tests/flow/mail-faults.sh \
	tests/flow/mail-large.sh \
	tests/flow/mail-mailbox.sh \
	tests/flow/mail-refused.sh \
	tests/flow/mail-run.sh \
	tests/flow/mail-switch.sh \
	tests/flow/mail-wizard.sh \
	tests/flow/media.sh \
	tests/flow/operator.sh \
	tests/flow/policies.sh \
	tests/flow/rebase.sh \
	tests/flow/rejoin.sh \
	tests/flow/resync.sh \
	tests/flow/run_kill.sh \
	tests/flow/schedule.sh \
	tests/flow/sweep-join.sh \
	tests/flow/sweep-rekey.sh \
	tests/flow/void.sh

EXTRA_DIST += \
	tests/tap.sh \
	tests/deb.sh \
	tests/mutants.list \
	tests/systemd.sh \
	tests/data/make_merge_vectors.py \
	tests/data/merge_vectors.json \
	tests/data/small.csv \
	tests/flow/break_kit.sh \
	tests/flow/daemons.sh \
	tests/flow/edit_kit.sh \
	tests/flow/join_kit.sh \
	tests/flow/kit.sh \
	tests/flow/lib.sh \
	tests/flow/mail_kit.sh \
	tests/flow/says.sh \
	tests/flow/tutorial.typed \
	tests/flow/typed.sh \
	tests/servers/mail.sh \
	tests/style/lib.sh \
	tests/style/code.awk \
	tests/style/layers.awk \
	tests/style/lengths.awk \
	tests/unit/offer_kit.h \
	tests/unit/desk_apply_kit.h \
	tests/unit/desk_kit.h \
	tests/unit/imap_kit.h \
	tests/unit/memory_file.h \
	tests/unit/mime_kit.h \
	tests/unit/pgp_kit.h \
	tests/unit/pgp_life_kit.h \
	tests/unit/smtp_kit.h

# contrib/check runs them in two parts, with sanitizers and without, and builds for each what it needs; the long
# ones only where all are asked for.
CHECKED_TESTS = $(FLOW_TESTS) $(UNIT_TESTS) $(FUZZ_TESTS) $(STYLE_TESTS)
CHECKED_NEED = $(UNIT_TESTS) $(FUZZ_TESTS) tests/handsel-test tests/typist
OTHER_TESTS = $(SIM_TESTS) $(MORE_TESTS) tests/unit/sync_vectors-t tests/unit/desk_import-t
OTHER_NEED = $(SIM_TESTS) $(MUTANT_TESTS) tests/handsel-test tests/typist tests/power/cut \
	tests/power/forget tests/unit/pgp-t tests/unit/sync_vectors-t tests/unit/desk_import-t

check_PROGRAMS = $(UNIT_TESTS) $(FUZZ_TESTS) $(SIM_TESTS) $(MUTANT_TESTS) tests/handsel-test tests/typist \
	tests/power/cut tests/power/forget
dist_check_SCRIPTS = $(STYLE_TESTS) $(FLOW_TESTS) $(MORE_TESTS) $(LONG_TESTS)
TESTS = $(UNIT_TESTS) $(FUZZ_TESTS) $(SIM_TESTS) $(STYLE_TESTS) $(FLOW_TESTS) $(MORE_TESTS) $(LONG_TESTS)

# Zips made by hand, so that they can lie.
ZIP_OF = \
	tests/unit/zip_of.c \
	tests/unit/zip_of.h
tests_unit_envelope_read_t_SOURCES = tests/unit/envelope_read-t.c $(ZIP_OF)

# One item on two sides, for directed tests; and two sites over a hostile carrier.
SYNC_KIT = \
	tests/unit/sync_kit.c \
	tests/unit/sync_kit.h
SYNC_PLAY = \
	tests/unit/sync_again.c \
	tests/unit/sync_check.c \
	tests/unit/sync_edit.c \
	tests/unit/sync_edit.h \
	tests/unit/sync_operate.c \
	tests/unit/sync_play.c \
	tests/unit/sync_play.h \
	tests/unit/sync_save.c \
	tests/unit/sync_side.c \
	tests/unit/sync_side.h \
	tests/unit/sync_world.c \
	tests/unit/sync_world.h \
	tests/unit/sync_write.c
tests_unit_brake_t_SOURCES = tests/unit/brake-t.c $(SYNC_KIT)
tests_unit_sync_t_SOURCES = tests/unit/sync-t.c $(SYNC_KIT)
tests_unit_sync_generation_t_SOURCES = tests/unit/sync_generation-t.c $(SYNC_KIT)
tests_unit_sync_wire_t_SOURCES = tests/unit/sync_wire-t.c $(SYNC_KIT)
tests_unit_sync_sim_t_SOURCES = tests/unit/sync_sim-t.c $(SYNC_PLAY)

# Two sites whose OpenPGP is simulated.
GATEWAY_KIT = \
	tests/sim/pgp_fake.c \
	tests/unit/gateway_kit.c \
	tests/unit/gateway_kit.h
tests_unit_durable_t_SOURCES = tests/unit/durable-t.c $(GATEWAY_KIT)
tests_unit_gateway_t_SOURCES = tests/unit/gateway-t.c $(GATEWAY_KIT)

# A mail server that says what a test wants.
FAKE_SERVER = \
	tests/unit/fake_server.c \
	tests/unit/fake_server.h
tests_unit_imap_t_SOURCES = tests/unit/imap-t.c $(FAKE_SERVER)
tests_unit_imap_change_t_SOURCES = tests/unit/imap_change-t.c $(FAKE_SERVER)
tests_unit_imap_fetch_t_SOURCES = tests/unit/imap_fetch-t.c $(FAKE_SERVER)
tests_unit_pop3_t_SOURCES = tests/unit/pop3-t.c $(FAKE_SERVER)
tests_unit_smtp_t_SOURCES = tests/unit/smtp-t.c $(FAKE_SERVER)
tests_unit_smtp_login_t_SOURCES = tests/unit/smtp_login-t.c $(FAKE_SERVER)
tests_unit_stream_t_SOURCES = tests/unit/stream-t.c $(FAKE_SERVER)

# Whole sites; what stands for the rest of the world comes before the library.
tests_sim_sim_SOURCES = \
	tests/sim/build.c \
	tests/sim/carrier.c \
	tests/sim/machine.c \
	tests/sim/mischief.c \
	tests/sim/people.c \
	tests/sim/pgp_fake.c \
	tests/sim/play.c \
	tests/sim/pool.c \
	tests/sim/restore.c \
	tests/sim/sim.c \
	tests/sim/sim.h \
	tests/sim/step.c \
	tests/sim/tracker.c \
	tests/sim/verdict.c \
	tests/sim/watch.c \
	tests/sim/world.c

# Some tests linked once more, so that rules can be left out (src/base/mutant.h): of their objects and
# the library's these alone are others.
check_LIBRARIES = libmutant.a
libmutant_a_SOURCES = \
	spool/spool.c \
	src/adapter/desk_apply.c \
	src/base/fsio.c \
	src/base/fsio_dir.c \
	src/gateway/brake.c \
	src/gateway/offer.c \
	src/gateway/rekey.c \
	src/gateway/take.c \
	src/gateway/work.c \
	src/pgp/helper_status.c \
	src/sync/apply.c \
	src/sync/arrive.c \
	src/sync/capture.c \
	src/sync/finish.c \
	src/sync/merge.c \
	tests/mutant.c
libmutant_a_CPPFLAGS = $(AM_CPPFLAGS) -DHANDSEL_MUTANTS
MUTANT_LDADD = $(libmutant_a_OBJECTS) $(LDADD)
MUTANT_TESTS = \
	tests/mutant/desk_token-t \
	tests/mutant/durable-t \
	tests/mutant/fsio-t \
	tests/mutant/gateway-t \
	tests/mutant/handsel-pgp \
	tests/mutant/handsel-test \
	tests/mutant/helper_status-t \
	tests/mutant/sim \
	tests/mutant/sync-t \
	tests/mutant/sync_sim-t
tests_mutant_desk_token_t_SOURCES = tests/unit/desk_token-t.c
tests_mutant_desk_token_t_LDADD = $(MUTANT_LDADD)
tests_mutant_durable_t_SOURCES = $(tests_unit_durable_t_SOURCES)
tests_mutant_durable_t_LDADD = $(MUTANT_LDADD)
tests_mutant_fsio_t_SOURCES = tests/unit/fsio-t.c
tests_mutant_fsio_t_LDADD = $(MUTANT_LDADD)
tests_mutant_gateway_t_SOURCES = $(tests_unit_gateway_t_SOURCES)
tests_mutant_gateway_t_LDADD = $(MUTANT_LDADD)
tests_mutant_handsel_pgp_SOURCES = $(handsel_pgp_SOURCES)
tests_mutant_handsel_pgp_CFLAGS = $(handsel_pgp_CFLAGS)
tests_mutant_handsel_pgp_LDADD = $(libmutant_a_OBJECTS) $(handsel_pgp_LDADD)
tests_mutant_handsel_test_SOURCES = $(tests_handsel_test_SOURCES)
tests_mutant_handsel_test_LDADD = $(MUTANT_LDADD)
tests_mutant_helper_status_t_SOURCES = tests/unit/helper_status-t.c
tests_mutant_helper_status_t_LDADD = $(MUTANT_LDADD)
tests_mutant_sync_t_SOURCES = tests/unit/sync-t.c $(SYNC_KIT)
tests_mutant_sync_t_LDADD = $(MUTANT_LDADD)
tests_mutant_sync_sim_t_SOURCES = tests/unit/sync_sim-t.c $(SYNC_PLAY)
tests_mutant_sync_sim_t_LDADD = $(MUTANT_LDADD)
tests_mutant_sim_SOURCES = $(tests_sim_sim_SOURCES)
tests_mutant_sim_LDADD = $(MUTANT_LDADD)

# Leaves out one rule after the other and shows which test notices.
mutants: $(MUTANT_TESTS) tests/unit/pgp-t handsel handsel-pgp
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/mutants.sh
.PHONY: mutants

# As many seeds as one likes: make soak SEEDS=10000 FIRST_SEED=501.
SEEDS = 1000
FIRST_SEED = 501
soak: tests/sim/sim
	@$(AM_TESTS_ENVIRONMENT) tests/sim/sim --seeds $(SEEDS) --first $(FIRST_SEED) --jobs `nproc`
.PHONY: soak

# Each step of a round dies, fails, and loses what was not synced; or every Nth: make sweep SWEEP=N.
SWEEP = full
SWEEP_TESTS = \
	tests/flow/points.sh \
	tests/flow/power.sh \
	tests/flow/sweep.sh \
	tests/flow/sweep-join.sh \
	tests/flow/sweep-rekey.sh \
	tests/flow/void.sh
sweep: check-programs
	HANDSEL_SWEEP=$(SWEEP) $(MAKE) check TEST_SECONDS=864000 TESTS='$(SWEEP_TESTS)'
.PHONY: sweep

# A part of the helper, without GPGME.
tests_unit_helper_status_t_SOURCES = \
	tests/unit/helper_status-t.c \
	src/pgp/helper_status.c \
	src/pgp/helper_status.h

# The very objects of handsel, and the seam that only tests have.
tests_handsel_test_SOURCES = $(handsel_SOURCES) tests/seam.c

# The questions without the commands that ask them.
tests_unit_wizard_t_SOURCES = \
	tests/unit/wizard-t.c \
	src/cli/wizard.c \
	src/cli/wizard_ask.c \
	src/cli/wrap.c

tests_unit_mail_guess_t_SOURCES = \
	tests/unit/mail_guess-t.c \
	src/cli/mail_guess.c

# Somebody who types on pseudo-terminals.
tests_typist_SOURCES = tests/typist.c
tests_typist_LDADD = -lutil

# A disk that forgets what was not synced: what programs preload, and what cuts the power.
PLATTER = \
	tests/power/platter.c \
	tests/power/platter.h
tests_power_cut_SOURCES = tests/power/cut.c $(PLATTER)
tests_power_cut_LDADD =
tests_power_forget_SOURCES = tests/power/forget.c $(PLATTER)
tests_power_forget_CFLAGS = -std=c11 -Wall -Wextra -fPIC
tests_power_forget_LDFLAGS = -shared
tests_power_forget_LDADD =

AM_TESTS_ENVIRONMENT = \
	srcdir='$(abs_srcdir)'; export srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	HANDSEL='$(abs_top_builddir)/tests/handsel-test'; export HANDSEL; \
	HANDSEL_PGP='$(abs_top_builddir)/handsel-pgp'; export HANDSEL_PGP; \
	STYLE_CC='$(CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror $(DEPS_CFLAGS) $(GPGME_CFLAGS)'; \
	export STYLE_CC; \
	ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1; export ASAN_OPTIONS; \
	UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS; \
	LC_ALL=C.UTF-8; export LC_ALL; \
	unset HANDSEL_HOME HANDSEL_TEST_SHIFT HANDSEL_TEST_FAULT HANDSEL_TEST_PASSES HANDSEL_TEST_MUTANT;

# A test that hangs is a failed test.
TEST_SECONDS = 1200
TEST_EXTENSIONS = .sh
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
LOG_COMPILER = timeout $(TEST_SECONDS) $(SHELL) -c 'exec "$$0" --tap'
SH_LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_COMPILER = timeout $(TEST_SECONDS)

# Builds what the tests run, without running it.
check-programs: $(check_PROGRAMS)
.PHONY: check-programs
