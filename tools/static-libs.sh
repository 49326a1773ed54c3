# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2094,SC2154,SC2164
#
# How each library of the static binary is built.  Sourced by tools/static,
# which gives: prefix (where to), sources, used, out, arch, cross, jobs.
# A change here is a change of the libraries: the cache is keyed by this file.

# Recipes run in the unpacked source, $prefix/{bin,include,lib,licences} exist.

# Flags of all libraries; our own code gets the Makefile's.  Nothing in the
# program unwinds a stack: what debuggers need for it is in .debug_frame then,
# which is stripped, and not in .eh_frame, a tenth of the program.
lib_flags='-O2 -g1 -ffunction-sections -fdata-sections -fstack-protector-strong -fstack-clash-protection -fno-asynchronous-unwind-tables'
# Landing pads (endbr64, bti) are not asked for: musl's own start is not marked
# with them, so no processor would hold the program to them.
case ${cross:-$(uname -m)} in
aarch64*) lib_flags="$lib_flags -mbranch-protection=pac-ret" ;;
esac

# Relocations of a static-pie are nearly all relative, 24 bytes each, half a
# megabyte; packed they are 10 KB, which musl applies from 1.2.4 on.  A linker
# that cannot pack them for its machine says that it ignores the word.
packed_relocations() {
	"${cross}ld" -z pack-relative-relocs --version 2>&1 |
		grep -q 'relocs ignored' || echo '-z pack-relative-relocs'
}

# Debian's musl-gcc ignores -static-pie, so this is our own: whatever it links
# is a static-pie.  Library order and search path as in musl's own specs.
write_specs() {
	cat >"$prefix/lib/static-pie.specs" <<-EOF
	%rename cpp_options old_cpp_options

	*cpp_options:
	-nostdinc -isystem $prefix/include -isystem include%s %(old_cpp_options)

	*cc1:
	%(cc1_cpu) -nostdinc -isystem $prefix/include -isystem include%s

	*link_libgcc:
	-L$prefix/lib -L .%s

	*libgcc:
	libgcc.a%s %:if-exists(libgcc_eh.a%s)

	*startfile:
	$prefix/lib/rcrt1.o $prefix/lib/crti.o crtbeginS.o%s

	*endfile:
	crtendS.o%s $prefix/lib/crtn.o

	*link:
	-static -pie --no-dynamic-linker -z text -z relro -z now -z noexecstack $(packed_relocations) --build-id --eh-frame-hdr -nostdlib

	*esp_link:


	*esp_options:


	*esp_cpp_options:


	EOF
}

# The maps keep this machine's paths out of the binary; the last that fits
# counts.
write_compiler() {
	write_specs
	cat >"$prefix/bin/musl-cc" <<-EOF
	#!/bin/sh
	exec ${cross}gcc -fPIE -ffile-prefix-map=$root=/usr/src/shardherd \\
		-ffile-prefix-map=$prefix=/usr/src "\$@" \\
		-specs $prefix/lib/static-pie.specs
	EOF
	chmod +x "$prefix/bin/musl-cc"
}

# Kernel headers only: all of /usr/include would mix in the host's libc.
link_kernel_headers() {
	local dir name

	for name in linux asm asm-generic; do
		for dir in "/usr/${cross%-}/include" "/usr/include/$arch-linux-gnu" \
			/usr/include; do
			[ -d "$dir/$name" ] || continue
			ln -sfn "$dir/$name" "$prefix/include/$name"
			break
		done
		[ -d "$prefix/include/$name/" ] ||
			die "no kernel headers ($name): install linux-libc-dev"
	done
}

lib_musl() {
	CC=${cross}gcc CFLAGS="$lib_flags -ffile-prefix-map=$PWD=/usr/src/musl" \
		./configure --target="$arch-linux-musl" --prefix="$prefix" \
		--syslibdir="$prefix/lib" --disable-shared --disable-wrapper
	make -j "$jobs" AR="${cross}ar" RANLIB="${cross}ranlib"
	make install
	link_kernel_headers
	write_compiler
	licence COPYRIGHT
}

# .c files straight into an archive: libcompile NAME flags... -- files...
libcompile() {
	local name=$1 flags=()

	shift
	while [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2086
	musl-cc $lib_flags "${flags[@]}" -c "$@"
	"${cross}ar" rcs "$prefix/lib/lib$name.a" ./*.o
}

lib_zlib() {
	CC=musl-cc AR="${cross}ar" RANLIB="${cross}ranlib" CFLAGS=$lib_flags \
		./configure --static --prefix="$prefix"
	make -j "$jobs" libz.a
	cp libz.a "$prefix/lib"
	cp zlib.h zconf.h "$prefix/include"
	licence LICENSE
}

# Both ways: a shard inflates, the gate may compress for its clients.  That is
# at level 3, "dfast": what only other levels use is there because the library
# refers to it, and is made small, 200 KB of templates otherwise.
lib_zstd() {
	local name

	make -j "$jobs" -C lib libzstd.a CC=musl-cc AR="${cross}ar" \
		CFLAGS="$lib_flags" ZSTD_LIB_DICTBUILDER=0 \
		ZSTD_LIB_DEPRECATED=0 ZSTD_LEGACY_SUPPORT=0
	for name in zstd_fast zstd_lazy zstd_opt zstd_ldm; do
		# shellcheck disable=SC2086
		musl-cc $lib_flags -Os -DZSTD_NO_INLINE -w \
			-c "lib/compress/$name.c" -o "$name.o"
		"${cross}ar" rs lib/libzstd.a "$name.o"
	done
	cp lib/libzstd.a "$prefix/lib"
	cp lib/zstd.h lib/zstd_errors.h "$prefix/include"
	licence LICENSE
}

lib_libev() {
	libcompile ev -DEV_STANDALONE -DEV_USE_EPOLL=1 -DEV_USE_POLL=1 \
		-DEV_USE_SELECT=0 -DEV_USE_EVENTFD=1 -DEV_USE_SIGNALFD=1 \
		-DEV_USE_MONOTONIC=1 -DEV_USE_REALTIME=0 -DEV_USE_NANOSLEEP=1 \
		-DEV_USE_INOTIFY=0 -DEV_USE_LINUXAIO=0 -DEV_USE_IOURING=0 \
		-DEV_USE_CLOCK_SYSCALL=0 -fno-strict-aliasing -w -- ev.c
	cp ev.h "$prefix/include"
	licence LICENSE
}

lib_wslay() {
	local version

	version=$(sed -n 's/^AC_INIT(\[*wslay\]*, *\[*\([0-9.]*\).*/\1/p' \
		deps/wslay/configure.ac)
	mkdir -p "$prefix/include/wslay"
	sed "s/@PACKAGE_VERSION@/$version/" \
		deps/wslay/lib/includes/wslay/wslayver.h.in \
		>"$prefix/include/wslay/wslayver.h"
	cp deps/wslay/lib/includes/wslay/wslay.h "$prefix/include/wslay"
	cd deps/wslay/lib
	libcompile wslay -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H -- wslay_*.c
	licence ../COPYING
}

lib_json-c() {
	cmake -S . -B build -DCMAKE_BUILD_TYPE=None \
		-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$arch" \
		-DCMAKE_C_COMPILER="$prefix/bin/musl-cc" \
		-DCMAKE_AR="$(command -v "${cross}ar")" \
		-DCMAKE_C_FLAGS="$lib_flags -DNDEBUG" \
		-DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
		-DBUILD_SHARED_LIBS=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_APPS=OFF \
		-DBUILD_TESTING=OFF -DDISABLE_EXTRA_LIBS=ON
	make -C build -j "$jobs" install
	licence COPYING
}

lib_lmdb() {
	cd libraries/liblmdb
	libcompile lmdb -DNDEBUG -w -- mdb.c midl.c
	cp lmdb.h "$prefix/include"
	licence COPYRIGHT LICENSE
}

lib_inih() {
	libcompile inih -- ini.c
	cp ini.h "$prefix/include"
	licence LICENSE.txt
}

# no-async: musl has no makecontext.  no-dso, no-engine, no-legacy: nothing
# static can load them.  no-autoload-config: no surprise from a host's
# openssl.cnf.  The rest is what no Discord endpoint speaks.
lib_openssl() {
	CC=musl-cc AR=${cross}ar RANLIB=${cross}ranlib ./Configure \
		"linux-$arch" no-shared no-tests no-async no-dso no-engine \
		no-legacy no-autoload-config no-filenames no-ssl3 no-tls1 \
		no-tls1_1 no-dtls no-comp no-srp no-psk no-gost no-idea no-rc2 \
		no-rc4 no-md4 no-mdc2 no-rmd160 no-whirlpool no-seed \
		no-camellia no-aria no-bf no-cast no-des no-sm2 no-sm3 no-sm4 \
		no-ocb no-siphash no-blake2 no-scrypt no-dsa no-ec2m no-multiblock \
		no-cmp no-cms no-ts no-ct no-rfc3779 no-ui-console \
		no-afalgeng --prefix=/usr --libdir=lib \
		--openssldir=/etc/ssl "$lib_flags"
	make -j "$jobs" build_libs
	# By way of another place, or the library would name this directory.
	make install_dev DESTDIR="$PWD/stage"
	cp -r stage/usr/include/openssl "$prefix/include"
	cp stage/usr/lib/lib*.a "$prefix/lib"
	licence LICENSE.txt
}

# No default CA bundle: shared/net/tls.c finds the machine's and sets it.
lib_curl() {
	CC=musl-cc AR=${cross}ar RANLIB=${cross}ranlib CFLAGS="$lib_flags -Os" \
		CPPFLAGS=-DNDEBUG PKG_CONFIG=false ./configure \
		--host="$arch-linux-musl" \
		--prefix="$prefix" --disable-shared --enable-static \
		--with-openssl="$prefix" --with-zlib="$prefix" --without-zstd \
		--without-brotli --without-nghttp2 --without-libidn2 \
		--without-libpsl --without-librtmp --without-libssh2 \
		--without-ca-bundle --without-ca-path --without-ca-fallback \
		--disable-ldap --disable-ftp --disable-file --disable-rtsp \
		--disable-dict --disable-telnet --disable-tftp --disable-pop3 \
		--disable-imap --disable-smb --disable-smtp --disable-gopher \
		--disable-mqtt --disable-manual --disable-ntlm \
		--disable-unix-sockets --disable-alt-svc --disable-hsts \
		--disable-netrc --disable-libcurl-option \
		--enable-threaded-resolver
	make -j "$jobs" -C lib
	make -C lib install
	make -C include install
	licence COPYING
}

# Its TLS would be GnuTLS and three libraries more: the static programs serve
# HTTP on loopback, in the clear.
lib_microhttpd() {
	CC=musl-cc AR=${cross}ar RANLIB=${cross}ranlib CFLAGS="$lib_flags -Os" \
		./configure --host="$arch-linux-musl" --prefix="$prefix" \
		--disable-shared --enable-static --disable-https \
		--disable-doc --disable-examples --disable-curl \
		--disable-postprocessor --disable-dauth --disable-bauth
	make -j "$jobs" -C src/microhttpd
	make -C src/microhttpd install
	make -C src/include install
	licence COPYING
}

# For `top`.  A host without any description of terminals has those of these,
# compiled in; infocmp and tic are only needed here.
terminals=xterm-256color,xterm,screen-256color,screen,tmux-256color,tmux,linux,vt100
lib_ncurses() {
	CC=musl-cc AR=${cross}ar RANLIB=${cross}ranlib CFLAGS="$lib_flags -Os" \
		./configure --host="$arch-linux-musl" \
		--build="$(uname -m)-linux-gnu" --with-build-cc=gcc \
		--prefix="$prefix" --enable-widec --without-shared \
		--without-debug --without-cxx --without-cxx-binding \
		--without-ada --without-manpages --without-progs \
		--without-tests --without-gpm --without-dlsym \
		--disable-termcap --disable-home-terminfo --disable-db-install \
		--disable-stripping --with-fallbacks=$terminals \
		--with-tic-path="$(command -v tic)" \
		--with-infocmp-path="$(command -v infocmp)" \
		--with-default-terminfo-dir=/etc/terminfo \
		--with-terminfo-dirs=/etc/terminfo:/lib/terminfo:/usr/share/terminfo
	make -j "$jobs" -C include
	make -j "$jobs" -C ncurses ../lib/libncursesw.a
	cp lib/libncursesw.a "$prefix/lib"
	cp include/curses.h include/ncurses_dll.h include/unctrl.h \
		include/term.h "$prefix/include"
	licence COPYING
}

# ---- around the recipes ----------------------------------------------------

# The texts a release has to carry, under the part's name.
licence() {
	cat "$@" >"$prefix/licences/$part.txt"
}

unpack() {
	local how=$1 file=$2 dir=$3

	rm -rf "$dir"
	if [ "$how" = debian ]; then
		# Verified by the lock already, and by apt-get.
		dpkg-source --no-check -x "$sources/$file" "$dir"
	else
		mkdir -p "$dir"
		tar -C "$dir" --strip-components=1 -xf "$sources/$file"
	fi
}

build_part() {
	local part=$1 how=$2 file=$3 dir=$prefix/src/$1

	unpack "$how" "$file" "$dir"
	cd "$dir"
	PATH=$prefix/bin:$PATH
	export SOURCE_DATE_EPOCH=0	# OpenSSL's "built on"
	set -x
	"lib_$part"
}

# In the order of the lock: later parts use earlier ones.
build_libs() {
	local word part version licence suite source sv how start file log

	rm -rf "$prefix"
	mkdir -p "$prefix"/{bin,include,lib,licences,src} "$out/log"
	while read -r word part version licence suite source sv how; do
		[ "$word" = part ] || continue
		file=$(files_of "$used" "$part" | sed -n '1s/^[^ ]* //p')
		log=$out/log/$part.log
		start=$SECONDS
		# In the background, because `set -e` does not hold in a
		# command whose status is tested.
		(build_part "$part" "$how" "$file") >"$log" 2>&1 </dev/null &
		wait $! || {
			tail -n 20 "$log" >&2
			die "$part $version did not build; all of it: $log"
		}
		say LIB "$part $version ($source $sv): $((SECONDS - start)) s"
	done <"$used"
	rm -rf "$prefix/src"
}
