#!/bin/sh
# systemd PACKAGE - the unit of the Debian package under a systemd that runs
#
# A systemd is started as the first process of name spaces of its own, on an overlay of this very
# system that is gone afterwards.  Where that is not allowed everything is skipped.
here=$(cd "$(dirname "$0")" && pwd)

# ---- in the name spaces: prepares a root directory and becomes its systemd ----

boot() {
	root=/mnt/root
	mount --make-rprivate / && mount -t tmpfs none /mnt && mkdir /mnt/up /mnt/work $root &&
		mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work $root &&
		mount -t proc proc $root/proc && mount -t sysfs sysfs $root/sys &&
		mount -t tmpfs none $root/run && mount -t tmpfs none $root/tmp && chmod 1777 $root/tmp &&
		mount -t tmpfs -o mode=755 none $root/dev || exit 1
	for device in null zero full random urandom tty; do
		touch $root/dev/$device && mount --bind /dev/$device $root/dev/$device || exit 1
	done
	mkdir $root/dev/pts $root/dev/shm && mount -t tmpfs none $root/dev/shm &&
		mount -t devpts -o newinstance,ptmxmode=0666 devpts $root/dev/pts && ln -s pts/ptmx $root/dev/ptmx &&
		mount -t tmpfs -o mode=755 none $root/sys/fs/cgroup &&
		mkdir $root/sys/fs/cgroup/systemd $root/sys/fs/cgroup/unified &&
		mount -t cgroup -o none,name=systemd,xattr cgroup $root/sys/fs/cgroup/systemd &&
		mount -t cgroup2 cgroup2 $root/sys/fs/cgroup/unified && cp "$1" $root/srv/handsel.deb || exit 1
	exec chroot $root env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
		--system --unit=basic.target --log-target=null --show-status=0
}

if [ "$1" = --boot ]; then
	boot "$2"
fi

[ -f "$1" ] || { echo "usage: tests/systemd.sh PACKAGE" >&2; exit 2; }
. "$here/tap.sh"
. "$here/flow/says.sh"
unshare -mpfCui --kill-child sh "$0" --boot "$(realpath "$1")" >/dev/null 2>&1 &
outer=$!
trap 'kill -KILL $outer 2>/dev/null' EXIT
trap 'exit 1' HUP INT PIPE TERM

inside() {
	nsenter -t "$first" -m -p -u -i -C -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

# COMMAND succeeds within half a minute.
soon() {
	for soon_try in $(seq 150); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.2
	done
	"$@"
}

has_booted() {
	first=$(pgrep -P $outer) && [ "$(ps -o comm= -p "$first")" = systemd ] &&
		inside systemctl is-active -q basic.target
}

soon has_booted 2>/dev/null || {
	echo '1..0 # SKIP no systemd can be started here'
	exit 0
}
first=$(pgrep -P $outer)

here_is() {
	inside setpriv --reuid handsel --regid handsel --clear-groups env HANDSEL_HOME=/var/lib/handsel handsel "$@"
}

partner() {
	inside handsel --home /srv/partner "$@"
}

# Both carriers, and a pass of the partner, who has no service.
round() {
	inside sh -c 'cd /var/lib/handsel/links/partner/exchange/SEND && mv ./*.gpg /srv/partner/links/here/exchange/RECEIVE/' 2>/dev/null
	partner -q sync here
	inside sh -c 'cd /srv/partner/links/here/exchange/SEND && chown handsel: ./*.gpg && mv ./*.gpg /var/lib/handsel/links/partner/exchange/RECEIVE/' 2>/dev/null
}

unit() {
	inside systemctl show --value -p "$1" handsel
}

has_title() {
	round
	"$1" desk list --json | jq -es "any(.[]; .title == \"$2\")"
}

restarted() {
	[ "$(unit NRestarts)" -gt 0 ] && [ "$(unit SubState)" = running ]
}

owner_of_main() {
	inside stat -c %U "/proc/$(unit MainPID)"
}

# The watchdog is told by the main loop; a stopped process tells nothing.
stuck() {
	inside mkdir -p /run/systemd/system/handsel.service.d &&
		printf '[Service]\nWatchdogSec=3\nTimeoutAbortSec=2\nRestartSec=100ms\n' |
		inside tee /run/systemd/system/handsel.service.d/test.conf >/dev/null &&
		inside systemctl daemon-reload && inside systemctl restart handsel &&
		inside kill -STOP "$(unit MainPID)" && soon restarted
}

may_fence() {
	unit SystemCallFilter | grep -w landlock_restrict_self
}

of_user() {
	inside ps -o args= -u handsel || true
}

check "the package is installed" inside dpkg -i /srv/handsel.deb
[ $tap_failed -eq 0 ] || { tap_end; exit 1; }
check "without a site it does not start, and that is no failure" inside systemctl start handsel
check "it waits for one" prints inactive unit ActiveState
here_is init --name here >/dev/null
partner init --name partner >/dev/null
here_is link new partner --channel folder --scope all --out /tmp/offer >/dev/null
partner link join /tmp/offer --as here --scope all --yes >/dev/null
check "with a site it starts, and says when it is ready" inside systemctl start handsel
check "it runs as its own user" prints handsel owner_of_main
check "its workers may fence files off" may_fence
here_is desk new title='Pump leaks' >/dev/null
check "the sites are paired and an item arrives" soon has_title partner 'Pump leaks'
partner desk new title='Valve stuck' >/dev/null
check "and one comes back" soon has_title here_is 'Valve stuck'
check "status tells that it is watched over" says 0 . here_is status partner
check "it is told to read its settings anew" inside systemctl reload handsel
check "and goes on" prints running unit SubState
check "the watchdog starts it again when it hangs" stuck
here_is desk new title='After that' >/dev/null
check "and it works as before" soon has_title partner 'After that'
check "it is stopped" inside systemctl stop handsel
check "cleanly" prints success unit Result
check "none of its processes is left" prints '' of_user
tap_end
