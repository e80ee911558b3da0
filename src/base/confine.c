#include "base/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* The leak checker of sanitized builds traces its own process at the end. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#ifdef ARCH

#define X32 0x40000000U /* calls of x86's other ABI; no other machine has numbers as high */
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)

#define LOAD(field)               BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSE(errnum)            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (errnum))
#define ALLOW                     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define UNLESS(test, value, skip) BPF_JUMP(BPF_JMP | (test) | BPF_K, (value), 0, (skip))
#define DENY(call)                UNLESS(BPF_JEQ, SYS_##call, 1), REFUSE(EPERM)

/*
 * A list of what is denied: one of what is allowed would have to know every call that the next
 * libc or gpg makes, and a link would stop with an update of either.  The first argument's low
 * half comes first, as both machines are little endian.
 */
static const struct sock_filter calls[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	REFUSE(EPERM),
	LOAD(nr),
	UNLESS(BPF_JGE, X32, 1),
	REFUSE(EPERM),
#if !SANITIZED
	DENY(ptrace),
#endif
	DENY(process_vm_readv),
	DENY(process_vm_writev),
	DENY(mount),
	DENY(umount2),
	DENY(pivot_root),
	DENY(chroot),
	DENY(unshare),
	DENY(setns),
	DENY(bpf),
	DENY(perf_event_open),
	DENY(userfaultfd),
	DENY(io_uring_setup),
	DENY(keyctl),
	DENY(add_key),
	DENY(request_key),
	DENY(kexec_load),
	DENY(init_module),
	DENY(finit_module),
	DENY(delete_module),
	DENY(reboot),
	DENY(swapon),
	DENY(swapoff),
	DENY(acct),
	DENY(settimeofday),
	DENY(clock_settime),
	DENY(open_by_handle_at),
	/* Its flags lie in memory, where a filter cannot look; libc goes on with clone. */
	UNLESS(BPF_JEQ, SYS_clone3, 1),
	REFUSE(ENOSYS),
	UNLESS(BPF_JEQ, SYS_clone, 3),
	LOAD(args[0]),
	UNLESS(BPF_JSET, NAMESPACES, 1),
	REFUSE(EPERM),
	ALLOW,
};

/* A second filter; the one above has seen to it that the numbers are this machine's. */
static const struct sock_filter local[] = {
	LOAD(nr),
	UNLESS(BPF_JEQ, SYS_socket, 3),
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
	REFUSE(EAFNOSUPPORT),
	ALLOW,
};

#define PROGRAM(filter)                                                                            \
	{                                                                                          \
		G_N_ELEMENTS(filter), (struct sock_filter *)(filter)                               \
	}

/* No program of a filter: it fails by that, or because there are no filters. */
gboolean
confine_known(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) != 0 && errno == EFAULT;
}

static gboolean
filter_calls(void)
{
	const struct sock_fprog program = PROGRAM(calls);

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static gboolean
filter_sockets(void)
{
	const struct sock_fprog program = PROGRAM(local);

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

gboolean
confine_known(void)
{
	return FALSE;
}

static gboolean
filter_calls(void)
{
	return FALSE;
}

static gboolean
filter_sockets(void)
{
	return FALSE;
}

#endif

void
confine_memory(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	if (!SANITIZED)
		prctl(PR_SET_DUMPABLE, 0);
}

gboolean
confine_calls(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_calls();
}

gboolean
confine_to_local(void)
{
	confine_memory();
	return confine_calls() && filter_sockets();
}
