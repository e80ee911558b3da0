libhandsel_a_SOURCES += \
	spool/channel.h \
	spool/envelope.h \
	spool/envelope_build.c \
	spool/envelope_read.c \
	spool/manifest.c \
	spool/manifest.h \
	spool/name.c \
	spool/name.h \
	spool/parts.h \
	spool/spool.h \
	spool/zipfd.c \
	spool/zipfd.h
