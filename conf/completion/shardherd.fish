# SPDX-License-Identifier: MIT
# Completion for fish: the program itself knows what may come next.
function __shardherd_complete
	set -l words (commandline -opc)
	set -l last (commandline -ct)
	set -q last[1]; or set last ''
	set -l lines ($words[1] completion words -- $words[2..-1] $last 2>/dev/null)
	switch "$lines[1]"
		case ''
			return
		case ':files'
			__fish_complete_path (string replace -r '^--[a-z-]*=' '' -- $last)
		case ':dirs'
			__fish_complete_directories (string replace -r '^--[a-z-]*=' '' -- $last)
		case '*'
			string join \n -- $lines
	end
end
complete -c shardherd -f -a '(__shardherd_complete)'
