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
