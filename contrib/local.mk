EXTRA_DIST += \
	contrib/bench \
	contrib/bench-mail \
	contrib/bench-run \
	contrib/check \
	contrib/cppcheck-suppressions \
	contrib/debian/control.in \
	contrib/debian/postinst \
	contrib/debian/postrm \
	contrib/debian/prerm \
	contrib/demo/flange-torque.txt \
	contrib/demo/flange.svg \
	contrib/demo/issues.csv \
	contrib/install-packages \
	contrib/make-deb \
	contrib/packages \
	contrib/quickstart \
	contrib/systemd/handsel.service.in

# What a host needs beside the programs.
unitdir = $(prefix)/lib/systemd/system
nodist_unit_DATA = contrib/systemd/handsel.service
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = contrib/systemd/sysusers.d/handsel.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_tmpfiles_DATA = contrib/systemd/tmpfiles.d/handsel.conf
completionsdir = $(datadir)/bash-completion/completions
nodist_completions_DATA = contrib/completion/handsel
CLEANFILES = $(nodist_unit_DATA) $(nodist_completions_DATA)

contrib/systemd/handsel.service: contrib/systemd/handsel.service.in Makefile
	$(MKDIR_P) contrib/systemd
	sed 's,[@]bindir@,$(bindir),' '$(srcdir)/contrib/systemd/handsel.service.in' >$@

contrib/completion/handsel: handsel
	$(MKDIR_P) contrib/completion
	./handsel completion bash >$@

# Needs --prefix=/usr; see contrib/make-deb.
deb: all
	'$(srcdir)/contrib/make-deb' .
.PHONY: deb

# Not part of check: they take minutes, and their numbers are the machine's.
bench: bench-peers bench-run bench-mail
bench-peers bench-run bench-mail: handsel handsel-pgp
	HANDSEL='$(abs_top_builddir)/handsel' HANDSEL_PGP='$(abs_top_builddir)/handsel-pgp' \
		'$(srcdir)/contrib/'$$(echo $@ | sed s/-peers//)
.PHONY: bench bench-peers bench-run bench-mail
