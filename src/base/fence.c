#include "base/fence.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

struct fence {
	int ruleset;
	guint64 handled; /* rights that are asked for; all others stay free */
};

#if defined(LANDLOCK_ACCESS_FS_REFER) && defined(SYS_landlock_create_ruleset)

/* Before REFER nothing can be renamed from one directory to another, and a link lives of that. */
#define ABI_LEAST    2
#define ABI_TRUNCATE 3
/* Newer than the headers may be. */
#define TRUNCATE (1ULL << 14)

#define OF_FILES (LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)
#define OF_NAMES                                                                                   \
	(LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM |                               \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define OF_ALL                                                                                     \
	(OF_FILES | OF_NAMES | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |        \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_REFER)
/* Nobody here makes devices. */
#define OF_NOBODY (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

static long
known_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

gboolean
fence_known(void)
{
	return known_abi() >= ABI_LEAST;
}

fence *
fence_new(void)
{
	long abi = known_abi();
	struct landlock_ruleset_attr attr = {.handled_access_fs = OF_ALL | OF_NOBODY};

	if (abi < ABI_LEAST)
		return NULL;
	if (abi < ABI_TRUNCATE)
		attr.handled_access_fs &= ~TRUNCATE;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (ruleset < 0)
		return NULL;
	fence *f = g_new(fence, 1);
	*f = (fence){ruleset, attr.handled_access_fs};
	return f;
}

gboolean
fence_allow(fence *f, const char *path, fence_right right)
{
	struct landlock_path_beneath_attr rule = {.allowed_access =
							  right == FENCE_ALL ? OF_ALL : OF_NAMES};
	struct stat st;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return FALSE;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	rule.allowed_access &= f->handled;
	gboolean ok = syscall(SYS_landlock_add_rule, f->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule,
			      0) == 0;
	close(rule.parent_fd);
	return ok;
}

gboolean
fence_enter(const fence *f)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, f->ruleset, 0) == 0;
}

#else

gboolean
fence_known(void)
{
	return FALSE;
}

fence *
fence_new(void)
{
	return NULL;
}

gboolean
fence_allow(fence *f, const char *path, fence_right right)
{
	(void)f;
	(void)path;
	(void)right;
	return FALSE;
}

gboolean
fence_enter(const fence *f)
{
	(void)f;
	return FALSE;
}

#endif

void
fence_free(fence *f)
{
	if (f == NULL)
		return;
	close(f->ruleset);
	g_free(f);
}
