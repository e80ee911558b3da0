libhandsel_a_SOURCES += \
	src/adapter/adapter.h \
	src/adapter/csv.h \
	src/adapter/desk.c \
	src/adapter/desk.h \
	src/adapter/desk_doc.c \
	src/adapter/desk_field.c \
	src/adapter/desk_file.c \
	src/adapter/desk_private.h \
	src/adapter/desk_rec.c \
	src/adapter/desk_relation.c \
	src/adapter/desk_schema.c \
	src/adapter/desk_thing.c
