libhandsel_a_SOURCES += \
	spool/channel.h \
	spool/envelope.h \
	spool/manifest.c \
	spool/manifest.h \
	spool/name.c \
	spool/name.h \
	spool/parts.h \
	spool/spool.h
