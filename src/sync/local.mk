libhandsel_a_SOURCES += \
	src/sync/apply.c \
	src/sync/arrive.c \
	src/sync/capture.c \
	src/sync/finish.c \
	src/sync/generation.c \
	src/sync/keep.c \
	src/sync/loss.c \
	src/sync/merge.c \
	src/sync/operator.c \
	src/sync/out.c \
	src/sync/plan.c \
	src/sync/rebase.c \
	src/sync/record.c \
	src/sync/state.c \
	src/sync/sync.h \
	src/sync/sync_private.h \
	src/sync/value.c \
	src/sync/view.c \
	src/sync/wire.c
