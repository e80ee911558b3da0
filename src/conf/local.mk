libhandsel_a_SOURCES += \
	src/conf/conf.h \
	src/conf/setting.h \
	src/conf/site.h
