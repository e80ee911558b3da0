libhandsel_a_SOURCES += \
	src/sync/merge.c \
	src/sync/sync.h \
	src/sync/sync_private.h \
	src/sync/value.c
