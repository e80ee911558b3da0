libhandsel_a_SOURCES += \
	src/base/clock.c \
	src/base/clock.h \
	src/base/db.c \
	src/base/db.h \
	src/base/db_open.c \
	src/base/db_private.h \
	src/base/fail.c \
	src/base/fail.h \
	src/base/fault.c \
	src/base/fault.h \
	src/base/fsio.c \
	src/base/fsio.h \
	src/base/fsio_dir.c \
	src/base/fsio_private.h \
	src/base/json.c \
	src/base/json.h \
	src/base/mail_url.c \
	src/base/mail_url.h \
	src/base/mutant.h \
	src/base/name.c \
	src/base/name.h \
	src/base/proc.c \
	src/base/proc.h \
	src/base/rand.c \
	src/base/rand.h \
	src/base/u64.c \
	src/base/u64.h
