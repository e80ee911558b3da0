libhandsel_a_SOURCES += \
	src/daemon/cage.c \
	src/daemon/cage.h \
	src/daemon/child.c \
	src/daemon/child.h \
	src/daemon/daemon.c \
	src/daemon/daemon.h \
	src/daemon/ear.c \
	src/daemon/ear.h \
	src/daemon/listener.c \
	src/daemon/listener.h \
	src/daemon/member.c \
	src/daemon/notify.c \
	src/daemon/notify.h \
	src/daemon/private.h \
	src/daemon/runlock.c \
	src/daemon/runlock.h \
	src/daemon/schedule.c \
	src/daemon/schedule.h \
	src/daemon/talk.c \
	src/daemon/talk.h \
	src/daemon/worker.c \
	src/daemon/worker.h
