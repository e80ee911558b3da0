libhandsel_a_SOURCES += \
	spool/channel.c \
	spool/channel.h \
	spool/envelope.h \
	spool/envelope_build.c \
	spool/envelope_read.c \
	spool/folder.c \
	spool/folder_private.h \
	spool/folder_send.c \
	spool/manifest.c \
	spool/manifest.h \
	spool/name.c \
	spool/name.h \
	spool/parts.c \
	spool/parts.h \
	spool/quarantine.c \
	spool/quarantine.h \
	spool/spool.c \
	spool/spool.h \
	spool/take.c \
	spool/take.h \
	spool/watch.c \
	spool/watch.h \
	spool/watch_hear.c \
	spool/watch_job.c \
	spool/watch_private.h \
	spool/zipfd.c \
	spool/zipfd.h
