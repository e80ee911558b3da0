libhandsel_a_SOURCES += \
	src/store/brake.c \
	src/store/events.c \
	src/store/items.c \
	src/store/journal.c \
	src/store/lines.c \
	src/store/numbers.c \
	src/store/schema.c \
	src/store/schema.h \
	src/store/store.c \
	src/store/store.h \
	src/store/store_private.h \
	src/store/summary.c
