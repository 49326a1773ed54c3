# SPDX-License-Identifier: MIT
# Completion for bash: the program itself knows what may come next.
_shardherd()
{
	local word line last kind tab=$'\t'
	local -a words=() lines=()

	# bash splits at = and :, the program gets words as they are typed.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
		if [[ ${#words[@]} -gt 0 &&
			( $word == [=:]* || ${words[-1]} == *[=:] ) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	last=${words[-1]}
	COMPREPLY=()
	while IFS= read -r line; do
		lines+=("${line%%"$tab"*}")
	done < <("${COMP_WORDS[0]/#\~/$HOME}" completion words -- \
		"${words[@]}" 2>/dev/null)
	kind=${lines[0]}
	# What is before the = is there already, for bash a word of its own.
	[[ $last == *=* ]] && lines=("${lines[@]#*=}") && last=${last#*=}
	case $kind in
	:files) compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$last") ;;
	:dirs) compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$last") ;;
	'') ;;
	*) COMPREPLY=("${lines[@]}")
		[[ ${#lines[@]} -eq 1 && $kind == --*= ]] &&
			compopt -o nospace 2>/dev/null ;;
	esac
}
complete -F _shardherd shardherd
