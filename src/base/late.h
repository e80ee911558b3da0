/*
 * late - shared libraries that are loaded when something first needs them
 *
 * Most of a short command's time goes into loading libraries, and whatever is loaded is there to be
 * attacked.  So what only some sites use is not linked.  A source file of its own, like
 * net/curl.c, has a function of the same name for each that is used of such a library:
 *
 *	static late_library maths = {"libm.so.6", "sums"};
 *
 *	LATE_FUNCTION(maths, double, hypot, (double x, double y), (x, y))
 *
 * Callers include the library's own header, and see no difference.
 */
#pragma once
#include <glib.h>

typedef struct {
	const char *file;     /* as the dynamic linker knows it */
	const char *needs_it; /* what does, for people */
	void *handle;
} late_library;

/* Loads it unless that is done; it stays.  FALSE: it can't be (class CONFIG). */
gboolean late_load(late_library *, GError **error);
/* The function NAME.  Where there is none, or no library, the program ends, as the dynamic linker
 * ends a program at its start. */
void *late_function(late_library *, const char *name);

/* Defines the function NAME, declared by the library's header; the library itself never sees it. */
#define LATE_FUNCTION(library, type, name, parameters, arguments)                                  \
	G_GNUC_INTERNAL type name parameters                                                       \
	{                                                                                          \
		static __typeof__(name) *function;                                                 \
                                                                                                   \
		if (function == NULL)                                                              \
			function = late_function(&(library), #name);                               \
		return function arguments;                                                         \
	}
