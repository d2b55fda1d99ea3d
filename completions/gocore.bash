# bash completion for gocore(1)

_gocore_words() {
	COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_gocore_classes="nil-dereference invalid-address panic data-race deadlock goroutine-leak
	stack-overflow out-of-memory memory-corruption cgo-crash fatal-error external-signal
	snapshot unknown"

_gocore_argument() {
	case $1 in
	--format | -f)
		if [ "$command" = goroutines ]; then
			_gocore_words "text json gotrace pprof"
		elif [ "$command" = graph ]; then
			_gocore_words "dot mermaid json"
		else
			_gocore_words "text json"
		fi
		;;
	--skip | --fail-on) _gocore_words "$_gocore_classes" ;;
	--status) _gocore_words "idle runnable running syscall waiting copystack preempted leaked" ;;
	--group) _gocore_words "none stack creator" ;;
	--traceback) _gocore_words "none single all system crash" ;;
	--color) _gocore_words "auto always never" ;;
	--log) COMPREPLY=($(compgen -f -- "$cur")) ;;
	--debug-dir | --sysroot) COMPREPLY=($(compgen -d -- "$cur")) ;;
	--leak-threshold | --wait | --function | --label | --min-wait | --path-map | --goroutine | -g | \
		--depth | --elements | --frame | --length | -n) ;;
	*) return 1 ;;
	esac
}

_gocore_options() {
	local common="--format --redact --debug-dir --no-debuginfod --sysroot --force --color --help"
	case $1 in
	analyze) echo "$common --brief --skip --fail-on --log --leak-threshold --path-map" ;;
	info) echo "$common --environment" ;;
	goroutines)
		echo "$common --status --wait --function --label --min-wait --group --traceback --path-map"
		;;
	stack) echo "$common --goroutine --locals --depth --elements --path-map" ;;
	graph) echo "$common --path-map" ;;
	threads) echo "$common --path-map" ;;
	print) echo "$common --goroutine --frame --depth --elements" ;;
	disasm) echo "$common --path-map" ;;
	memory) echo "$common --length" ;;
	esac
}

_gocore() {
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_gocore_words "analyze info goroutines stack graph threads print disasm memory help --help --version"
		return
	fi
	if [ "$command" = help ]; then
		_gocore_words "analyze info goroutines stack graph threads print disasm memory"
		return
	fi
	if _gocore_argument "$previous"; then
		return
	fi
	case $cur in
	-*) _gocore_words "$(_gocore_options "$command")" ;;
	*) COMPREPLY=($(compgen -f -- "$cur")) ;;
	esac
}

complete -o filenames -F _gocore gocore
