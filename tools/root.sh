#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tools/root.sh SUITE DIR [PACKAGE...]
#
# Makes DIR the root of a Debian or Ubuntu with these packages in it, or brings
# one that is there up to them.  As root.  What it downloads is kept beside DIR,
# in DIR.debs, for the next one.  Other tools (check-systemd, check-elsewhere)
# run shardherd in such roots; nothing of this machine is changed.
#
# Where packages come from: $DEBIAN_MIRROR and $UBUNTU_MIRROR, or the public
# ones.  Debian has no package of Ubuntu's key: where it is missing it is had
# from the archive, and believed by its fingerprint.
#
# Exit: 0 it is there, 64 usage, 69 it could not be made.
set -eu

debian=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
ubuntu=${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
# Ubuntu Archive Automatic Signing Key (2018)
ubuntu_key=F6ECB3762474EDA9D21B7022871920D1991BC93C

give_up() {
	echo "tools/root.sh: $*" >&2
	exit 69
}

[ $# -ge 2 ] || { echo "usage: tools/root.sh SUITE DIR [PACKAGE...]" >&2
	exit 64; }
suite=$1 root=$2
shift 2
case $suite in
bookworm | trixie) mirror=$debian parts=main script=sid ;;
jammy | noble) mirror=$ubuntu parts=main,universe script=gutsy ;;
*) echo "tools/root.sh: $suite: expected bookworm, trixie, jammy or noble" >&2
	exit 64 ;;
esac
[ "$(id -u)" -eq 0 ] || give_up "a root can only be made by root"
command -v debootstrap >/dev/null 2>&1 ||
	give_up "there is no debootstrap here: apt-get install debootstrap"

# Prints the keyring to check this suite with.
keyring() {
	if [ "$script" != gutsy ]; then
		echo /usr/share/keyrings/debian-archive-keyring.gpg
		return
	fi
	ring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
	[ -e "$ring" ] || ring=$root.debs/ubuntu-archive-keyring.gpg
	[ -s "$ring" ] || fetch_keyring "$ring"
	echo "$ring"
}

fetch_keyring() {
	command -v gpg >/dev/null 2>&1 || give_up "there is no gpg here"
	home=$(mktemp -d)
	python3 -c 'import sys, urllib.request as u
sys.stdout.buffer.write(u.urlopen(sys.argv[1], timeout=60).read())' \
		"$ubuntu/project/ubuntu-archive-keyring.gpg" >"$home/all"
	gpg --homedir "$home" -q --import "$home/all" 2>/dev/null || true
	gpg --homedir "$home" -q --export "$ubuntu_key" >"$1"
	rm -rf "$home"
	[ -s "$1" ] || give_up "$ubuntu has another key than the one known here"
}

# Half a root is worse than none: it gets its name when it is whole.
if [ ! -e "$root/.made" ]; then
	rm -rf "$root"
	mkdir -p "$root.debs"
	# The suite's own script may be newer than this debootstrap.
	ring=$(keyring) || exit 69
	debootstrap --variant=minbase --components="$parts" --keyring="$ring" \
		--cache-dir="$(cd "$root.debs" && pwd)" "$suite" "$root" \
		"$mirror" "/usr/share/debootstrap/scripts/$script" \
		>"$root.log" 2>&1 || {
		tail -n 5 "$root.log" >&2
		give_up "debootstrap of $suite failed; all of it: $root.log"
	}
	# No daemon is started by what is installed into it.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	touch "$root/.made"
fi
[ $# -gt 0 ] || exit 0

missing=
for package in "$@"; do
	chroot "$root" dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
		grep -q ' installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
cp /etc/resolv.conf "$root/etc/resolv.conf"
apt() {
	chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		"$@" >>"$root.log" 2>&1
}
# shellcheck disable=SC2086
apt update && apt install --no-install-recommends $missing || {
	tail -n 5 "$root.log" >&2
	give_up "apt-get could not install$missing; all of it: $root.log"
}
