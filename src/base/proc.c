#include "base/proc.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define STEP_US 10000

void
proc_lead_group(gpointer unused)
{
	(void)unused;
	setpgid(0, 0);
}

int
proc_wait(GPid pid, gint64 deadline)
{
	int status;

	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return status;
		if (got < 0 && errno != EINTR)
			return -1;
		if (clock_mono_us() >= deadline)
			break;
		g_usleep(STEP_US);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return -1;
}
