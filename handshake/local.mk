libhandsel_a_SOURCES += \
	handshake/keys.c \
	handshake/keys.h \
	handshake/message.c \
	handshake/message.h \
	handshake/offer.c \
	handshake/offer.h \
	handshake/pairing.c \
	handshake/pairing.h \
	handshake/proof.c \
	handshake/proof.h \
	handshake/rebase.c \
	handshake/rebase.h \
	handshake/secret.c \
	handshake/secret.h \
	handshake/shape.c \
	handshake/shape.h
