EXTRA_DIST += \
	contrib/bench \
	contrib/check \
	contrib/cppcheck-suppressions \
	contrib/demo/flange-torque.txt \
	contrib/demo/flange.svg \
	contrib/demo/issues.csv \
	contrib/install-packages \
	contrib/packages \
	contrib/quickstart

# Not part of check: it takes minutes, and its numbers are the machine's.
bench: handsel handsel-pgp
	HANDSEL='$(abs_top_builddir)/handsel' HANDSEL_PGP='$(abs_top_builddir)/handsel-pgp' \
		'$(srcdir)/contrib/bench'
.PHONY: bench
