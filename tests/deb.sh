#!/bin/sh
# deb PACKAGE - the Debian package installs, works as its own user and purges cleanly
#
# In a copy of this very system that is gone afterwards: an overlay in name spaces of its own.
# Where that is not allowed everything is skipped.
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "$DEB_INSIDE" ]; then
	[ -f "$1" ] || { echo "usage: tests/deb.sh PACKAGE" >&2; exit 2; }
	deb=$(realpath "$1")
	unshare -mpf sh -c 'mount -t tmpfs none /mnt && mkdir /mnt/up /mnt/work /mnt/root &&
		mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root' 2>/dev/null || {
		echo '1..0 # SKIP no overlay is allowed here'
		exit 0
	}
	DEB_INSIDE=$deb exec unshare -mpf sh "$0"
fi

. "$here/tap.sh"
. "$here/flow/says.sh"
root=/mnt/root
mount -t tmpfs none /mnt && mkdir /mnt/up /mnt/work /mnt/root &&
	mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work $root &&
	mount -t proc proc $root/proc && mount --rbind /dev $root/dev && mount -t tmpfs none $root/tmp &&
	chmod 1777 $root/tmp && cp "$DEB_INSIDE" $root/tmp/handsel.deb || exit 99

inside() {
	chroot $root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# With no more rights than the unit leaves it.
as_user() {
	inside setpriv --reuid handsel --regid handsel --clear-groups --no-new-privs --bounding-set=-all \
		env HANDSEL_HOME=/var/lib/handsel "$@"
}

install_it() {
	inside dpkg -i /tmp/handsel.deb
}

# Files that were made or changed, but for dpkg's and the lists of users.
changed() {
	(cd /mnt/up && find . ! -type d | grep -vE '^\./(var/(lib/dpkg|log|cache)/|etc/((passwd|group|shadow|gshadow|subuid|subgid)-?|\.pwd\.lock)$|tmp/|proc/|dev/|run/)')
	(cd /mnt/up && find . -type d -name '*handsel*')
}

completes() {
	inside bash -c 'source /usr/share/bash-completion/completions/handsel
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_handsel; echo "${COMPREPLY[*]}"' - "$@"
}

user_processes() {
	for process in /proc/[0-9]*; do
		[ "$(stat -c %u "$process" 2>/dev/null)" != "$(inside id -u handsel)" ] || tr '\0' ' ' <"$process/cmdline"
	done
}

recommended() {
	inside dpkg-deb -f /tmp/handsel.deb Depends | grep -q libsqlite3 &&
		! inside dpkg-deb -f /tmp/handsel.deb Depends | grep 'libcurl\|libetpan' &&
		inside dpkg-deb -f /tmp/handsel.deb Recommends | grep -q 'libcurl.*, libetpan'
}

mount -t proc proc /proc
check "what mail needs is recommended, not demanded" recommended
check "it installs" install_it
check "with a user of its own, whose home is closed" prints 'handsel handsel 700' inside stat -c '%U %G %a' /var/lib/handsel
check "who cannot log in" sh -c 'chroot /mnt/root getent passwd handsel | grep -qE "(nologin|false)$"'
check "the manual is there" sh -c 'chroot /mnt/root man -w handsel handsel.conf handsel-protocol >/dev/null 2>&1 || ls /mnt/root/usr/share/man/man[157]/handsel* >/dev/null'
if inside sh -c 'command -v systemd-analyze' >/dev/null; then
	check "systemd understands the unit" inside systemd-analyze verify --man=no handsel.service
	check "and finds it well locked in" sh -c 'chroot /mnt/root systemd-analyze security --offline=yes --threshold=20 handsel.service'
else
	skip "systemd understands the unit" "no systemd-analyze here"
fi
check "commands are completed" prints 'link' completes handsel li
check "and their second words" prints 'join' completes handsel link j
check "and options" prints '--channel' completes handsel link new --ch
as_user handsel init --name here >/dev/null
check "the user makes a site" as_user handsel status
as_user handsel link new self --channel folder --scope all --out /var/lib/handsel/offer >/dev/null
check "and a link, whose keys are made" as_user handsel link show self
check "links are completed" prints 'self' completes handsel --home /var/lib/handsel sync ''
check "a pass works" as_user handsel -q sync
check "none of its processes is left" prints '' user_processes
check "it is installed over itself" install_it
check "the site is what it was" as_user handsel link show self
check "it is removed" inside dpkg -r handsel
check "the site is kept" test -e $root/var/lib/handsel/handsel.conf
check "even by a purge, which says so" sh -c 'chroot /mnt/root dpkg -P handsel 2>&1 | grep "is a site"'
rm -rf $root/var/lib/handsel
inside userdel handsel
check "it installs once more" install_it
check "and without a site is purged" inside dpkg -P handsel
check "with its user" sh -c '! chroot /mnt/root getent passwd handsel'
check "nothing is left" prints '' changed
tap_end
