dist_man_MANS = \
	doc/handsel.1 \
	doc/handsel.conf.5 \
	doc/handsel-protocol.7

EXTRA_DIST += doc/reasons.sh doc/architecture.md doc/features.md doc/testing.md doc/tutorial.md

# Types the tutorial and writes what the terminals show into it.
tutorial: handsel handsel-pgp tests/handsel-test tests/typist
	@$(AM_TESTS_ENVIRONMENT) TUTORIAL=write $(SHELL) '$(srcdir)/tests/flow/tutorial.sh'
.PHONY: tutorial

# Writes the table of reasons into the page of the protocol.
reasons: tests/handsel-test
	HANDSEL=tests/handsel-test $(SHELL) '$(srcdir)/doc/reasons.sh' '$(srcdir)/doc/handsel-protocol.7' >reasons.new
	cp reasons.new '$(srcdir)/doc/handsel-protocol.7' && rm reasons.new
.PHONY: reasons
