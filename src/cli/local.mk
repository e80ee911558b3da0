handsel_SOURCES = \
	src/cli/call.c \
	src/cli/call.h \
	src/cli/cmd_desk.c \
	src/cli/cmd_desk.h \
	src/cli/cmd_desk_edit.c \
	src/cli/cmd_desk_field.c \
	src/cli/cmd_desk_list.c \
	src/cli/cmd_desk_thing.c \
	src/cli/cmd_help.c \
	src/cli/cmd_help.h \
	src/cli/cmd_init.c \
	src/cli/command.c \
	src/cli/command.h \
	src/cli/main.c \
	src/cli/print.c \
	src/cli/print.h
