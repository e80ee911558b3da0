libhandsel_a_SOURCES += \
	src/net/account.c \
	src/net/account.h \
	src/net/curl.c \
	src/net/pop3.c \
	src/net/pop3.h \
	src/net/reply.c \
	src/net/reply.h \
	src/net/resolve.c \
	src/net/resolve.h \
	src/net/session.c \
	src/net/session_fail.c \
	src/net/session_private.h \
	src/net/smtp.c \
	src/net/smtp.h \
	src/net/stream.c \
	src/net/stream.h
