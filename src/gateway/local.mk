libhandsel_a_SOURCES += \
	src/gateway/apply.c \
	src/gateway/capture.c \
	src/gateway/gateway.c \
	src/gateway/gateway.h \
	src/gateway/items.c \
	src/gateway/make.h \
	src/gateway/offer.c \
	src/gateway/operate.h \
	src/gateway/pairing.c \
	src/gateway/pass.h \
	src/gateway/private.h \
	src/gateway/report.h \
	src/gateway/seal.c \
	src/gateway/take.c
