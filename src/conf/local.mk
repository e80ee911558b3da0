libhandsel_a_SOURCES += \
	src/conf/conf.c \
	src/conf/conf.h \
	src/conf/setting.c \
	src/conf/setting.h \
	src/conf/site.c \
	src/conf/site.h \
	src/conf/times.c \
	src/conf/times.h
