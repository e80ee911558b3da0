libhandsel_a_SOURCES += \
	src/pgp/client.c \
	src/pgp/pgp.h \
	src/pgp/ring.c \
	src/pgp/ring.h \
	src/pgp/wire.c \
	src/pgp/wire.h \
	src/pgp/words.c

# Only the helper links GPGME, so that nothing else can reach a key.
noinst_LIBRARIES += libhelper.a
libhelper_a_SOURCES = \
	src/pgp/helper.h \
	src/pgp/helper_ahead.c \
	src/pgp/helper_data.c \
	src/pgp/helper_gpg.c \
	src/pgp/helper_gpgme.c \
	src/pgp/helper_hold.c \
	src/pgp/helper_home.c \
	src/pgp/helper_keys.c \
	src/pgp/helper_many.c \
	src/pgp/helper_packet.c \
	src/pgp/helper_seal.c \
	src/pgp/helper_sign.c \
	src/pgp/helper_status.c \
	src/pgp/helper_status.h \
	src/pgp/helper_unseal.c
libhelper_a_CFLAGS = $(AM_CFLAGS) $(GPGME_CFLAGS)
handsel_pgp_SOURCES = src/pgp/helper.c
handsel_pgp_CFLAGS = $(libhelper_a_CFLAGS)
handsel_pgp_LDADD = libhelper.a libhandsel.a $(GPGME_LIBS) $(DEPS_LIBS)
