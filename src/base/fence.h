/*
 * fence - a process keeps its hands off all files but those below a few places, by Landlock
 *
 * Only what changes files is fenced: opening them to write, making, removing, renaming and linking
 * them, and truncating where the kernel knows that.  Reading and starting programs stay free, as do
 * the rights, times and attributes of files, and whatever is open already.  It adds to the
 * permissions of the file system and never takes from them.
 */
#pragma once
#include <glib.h>

typedef struct fence fence;

typedef enum {
	FENCE_ALL = 1, /* everything below a directory, or the bytes of a file */
	FENCE_NAMES    /* below a directory: only making and removing directories and symbolic
			  links, and removing files */
} fence_right;

/* Can this kernel do it? */
gboolean fence_known(void);
/* A fence without a gap, which holds nobody yet; NULL where the kernel cannot. */
fence *fence_new(void);
/* NULL is a no-op. */
void fence_free(fence *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fence, fence_free)
/*
 * Leaves RIGHT at what is at PATH now (symbolic links followed), wherever it is moved to later.
 * What is mounted below it counts; what is put in its place, or mounted there, does not.  FALSE:
 * there is nothing, or nothing that can be reached.
 */
gboolean fence_allow(fence *, const char *path, fence_right);
/*
 * For good, for this thread and all that it starts: also no program gives it more rights than it
 * has.  Within another fence both hold.  FALSE: the kernel refuses, and nothing has changed but
 * that.
 */
gboolean fence_enter(const fence *);
