libhandsel_a_SOURCES += \
	src/item/item.c \
	src/item/item.h \
	src/item/plan.c \
	src/item/plan.h
