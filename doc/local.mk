dist_man_MANS = \
	doc/handsel.1 \
	doc/handsel.conf.5 \
	doc/handsel-protocol.7

EXTRA_DIST += doc/architecture.md doc/features.md
