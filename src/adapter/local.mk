libhandsel_a_SOURCES += \
	src/adapter/adapter.c \
	src/adapter/adapter.h \
	src/adapter/csv.c \
	src/adapter/csv.h \
	src/adapter/desk.c \
	src/adapter/desk.h \
	src/adapter/desk_adapter.c \
	src/adapter/desk_apply.c \
	src/adapter/desk_doc.c \
	src/adapter/desk_edit.c \
	src/adapter/desk_edit_thing.c \
	src/adapter/desk_field.c \
	src/adapter/desk_file.c \
	src/adapter/desk_import.c \
	src/adapter/desk_import.h \
	src/adapter/desk_prepare.c \
	src/adapter/desk_private.h \
	src/adapter/desk_read.c \
	src/adapter/desk_rec.c \
	src/adapter/desk_relation.c \
	src/adapter/desk_schema.c \
	src/adapter/desk_show.c \
	src/adapter/desk_thing.c \
	src/adapter/mirror.c \
	src/adapter/mirror.h
