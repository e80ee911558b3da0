libhandsel_a_SOURCES += \
	src/net/account.h \
	src/net/pop3.h \
	src/net/resolve.c \
	src/net/resolve.h \
	src/net/smtp.h \
	src/net/stream.h
