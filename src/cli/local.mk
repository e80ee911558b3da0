handsel_SOURCES = \
	src/cli/main.c
