#!/bin/sh
# SPDX-License-Identifier: MIT
# The man pages are well-formed, and what is generated from the config table
# is what is checked in.
cd "$(dirname "$(readlink -f "$0")")/../../.." || exit 1
pages=$(ls man/*.[1-8])
count=0

result() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		echo "$3" | sed 's/^/# /'
	fi
}

for page in $pages; do
	lint=$(mandoc -T lint -W warning "$page" 2>&1)
	result $? "$page has no warning" "$lint"
	# ".Ql a , Ql b" renders a quote within a quote.
	quotes=$(mandoc -T utf8 "$page" | col -b | grep -n '‘[^’]*‘')
	[ -z "$quotes" ]
	result $? "$page closes each quote (D10)" "$quotes"
done
echo "1..$count"
