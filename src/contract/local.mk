libhandsel_a_SOURCES += \
	src/contract/contract.c \
	src/contract/contract.h \
	src/contract/contract_check.c \
	src/contract/contract_default.c \
	src/contract/contract_parts.h \
	src/contract/contract_read.c \
	src/contract/type.c \
	src/contract/type.h \
	src/contract/type_parse.c \
	src/contract/type_scan.c \
	src/contract/type_scan.h
