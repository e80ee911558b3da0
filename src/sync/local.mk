libhandsel_a_SOURCES += \
	src/sync/capture.c \
	src/sync/merge.c \
	src/sync/out.c \
	src/sync/record.c \
	src/sync/state.c \
	src/sync/sync.h \
	src/sync/sync_private.h \
	src/sync/value.c \
	src/sync/view.c \
	src/sync/wire.c
