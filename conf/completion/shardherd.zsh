#compdef shardherd
# SPDX-License-Identifier: MIT
# Completion for zsh: the program itself knows what may come next.
_shardherd()
{
	local line
	local -a lines described

	lines=("${(@f)$(${~words[1]} completion words -- \
		"${(@)words[2,CURRENT]}" 2>/dev/null)}")
	case $lines[1] in
	'') return 1 ;;
	:files) [[ $PREFIX == *=* ]] && compset -P '*='
		_files ; return ;;
	:dirs) [[ $PREFIX == *=* ]] && compset -P '*='
		_files -/ ; return ;;
	esac
	for line in $lines; do
		described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done
	_describe -V shardherd described
}
if [[ $funcstack[1] == _shardherd ]]; then
	_shardherd "$@"
else
	compdef _shardherd shardherd
fi
