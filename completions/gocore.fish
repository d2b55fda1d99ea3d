# fish completion for gocore(1)

set -l commands analyze info goroutines stack graph threads print disasm memory
set -l classes nil-dereference invalid-address panic data-race deadlock goroutine-leak \
    stack-overflow out-of-memory memory-corruption cgo-crash fatal-error external-signal \
    snapshot unknown

complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -f
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a analyze -d "say why the program died"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a info -d "say what the core is, at once"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a goroutines -d "list goroutines with their stacks"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a stack -d "show one goroutine's stack"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a graph -d "draw who waits for what"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a threads -d "list threads with registers and stacks"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a print -d "show the value of an expression"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a disasm -d "list a function's instructions"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a memory -d "dump the bytes at an address"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -a help -d "show the options of a command"
complete -c gocore -n "not __fish_seen_subcommand_from $commands help" -l version -d "show the version"
complete -c gocore -n "__fish_seen_subcommand_from help" -f -a "$commands"

complete -c gocore -n "__fish_seen_subcommand_from $commands" -s h -l help -d "show the options"
complete -c gocore -n "__fish_seen_subcommand_from analyze info stack threads disasm memory" -s f -l format -x -a "text json" -d "output"
complete -c gocore -n "__fish_seen_subcommand_from print" -l format -x -a "text json" -d "output"
complete -c gocore -n "__fish_seen_subcommand_from goroutines" -s f -l format -x -a "text json gotrace pprof" -d "output"
complete -c gocore -n "__fish_seen_subcommand_from graph" -s f -l format -x -a "dot mermaid json" -d "output"
complete -c gocore -n "__fish_seen_subcommand_from $commands" -l redact -d "types and shapes in place of data"
complete -c gocore -n "__fish_seen_subcommand_from analyze goroutines stack graph threads disasm" -l path-map -x -d "show source paths otherwise: FROM=TO"
complete -c gocore -n "__fish_seen_subcommand_from $commands" -l debug-dir -x -a "(__fish_complete_directories)" -d "look for the executable by build id"
complete -c gocore -n "__fish_seen_subcommand_from $commands" -l no-debuginfod -d "ask no debuginfod server"
complete -c gocore -n "__fish_seen_subcommand_from $commands" -l sysroot -x -a "(__fish_complete_directories)" -d "put in front of the core's paths"
complete -c gocore -n "__fish_seen_subcommand_from $commands" -l force -d "go on with an executable that does not fit"
complete -c gocore -n "__fish_seen_subcommand_from $commands" -l color -x -a "auto always never" -d "when to use colour"

complete -c gocore -n "__fish_seen_subcommand_from analyze" -s b -l brief -d "verdict, culprit's frame and message only"
complete -c gocore -n "__fish_seen_subcommand_from analyze" -l skip -x -a "$classes" -d "leave out what looks for it"
complete -c gocore -n "__fish_seen_subcommand_from analyze" -l fail-on -x -a "$classes" -d "exit with 10 if it is found"
complete -c gocore -n "__fish_seen_subcommand_from analyze" -l log -r -d "what the process wrote to stderr"
complete -c gocore -n "__fish_seen_subcommand_from analyze" -l leak-threshold -x -d "suspect a leak from COUNT[,SHARE%] on"

complete -c gocore -n "__fish_seen_subcommand_from stack print" -s g -l goroutine -x -d "the goroutine to show"
complete -c gocore -n "__fish_seen_subcommand_from stack" -s l -l locals -d "variables of each frame"
complete -c gocore -n "__fish_seen_subcommand_from stack print" -l depth -x -d "links followed"
complete -c gocore -n "__fish_seen_subcommand_from stack print" -l elements -x -d "elements of a value"
complete -c gocore -n "__fish_seen_subcommand_from print" -s f -l frame -x -d "in which frame"
complete -c gocore -n "__fish_seen_subcommand_from info" -l environment -d "the process's arguments and environment"
complete -c gocore -n "__fish_seen_subcommand_from memory" -s n -l length -x -d "how many bytes"

complete -c gocore -n "__fish_seen_subcommand_from goroutines" -l status -x -a "idle runnable running syscall waiting copystack preempted leaked" -d "only of that status"
complete -c gocore -n "__fish_seen_subcommand_from goroutines" -l wait -x -d "only with such a wait reason"
complete -c gocore -n "__fish_seen_subcommand_from goroutines" -l function -x -d "only with such a function on the stack"
complete -c gocore -n "__fish_seen_subcommand_from goroutines" -l label -x -d "only with that pprof label: KEY[=VALUE]"
complete -c gocore -n "__fish_seen_subcommand_from goroutines" -l min-wait -x -d "only waiting that long"
complete -c gocore -n "__fish_seen_subcommand_from goroutines" -l group -x -a "none stack creator" -d "put together those alike"
complete -c gocore -n "__fish_seen_subcommand_from goroutines" -l traceback -x -a "none single all system crash" -d "as GOTRACEBACK"
