# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
#
# How the libraries of tools/static-sim.lock are built, in place of those of
# the same name in tools/static-libs.sh, which has been read before.

lib_zstd() {
	make -j "$jobs" -C lib libzstd.a CC=musl-cc AR="${cross}ar" \
		CFLAGS="$lib_flags" ZSTD_LIB_DICTBUILDER=0 \
		ZSTD_LIB_DEPRECATED=0 ZSTD_LEGACY_SUPPORT=0
	cp lib/libzstd.a "$prefix/lib"
	cp lib/zstd.h lib/zstd_errors.h "$prefix/include"
	licence LICENSE
}

# Its TLS would be GnuTLS and three libraries more, for a program that listens
# on loopback: the static simulator speaks http and ws alone.
lib_microhttpd() {
	CC=musl-cc AR=${cross}ar RANLIB=${cross}ranlib CFLAGS=$lib_flags \
		./configure --host="$arch-linux-musl" --prefix="$prefix" \
		--disable-shared --enable-static --disable-https \
		--disable-doc --disable-examples --disable-curl \
		--disable-postprocessor --disable-dauth --disable-bauth
	make -j "$jobs" -C src/microhttpd
	make -C src/microhttpd install
	make -C src/include install
	licence COPYING
}
