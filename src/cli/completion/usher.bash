# Completion of usher and of the cmdlets' links in bash 4.4 and later. `usher completion bash` prints it.

_usher() {
    local value about cur=${COMP_WORDS[COMP_CWORD]} widest=0 at
    local -a values=() abouts=()
    COMPREPLY=()
    while IFS=$'\t' read -r value about; do
        case $value in
            :files)
                compopt -o default
                return
                ;;
            :command)
                # From this word on, the line is another program's.
                if declare -F _command_offset >/dev/null; then
                    _command_offset "$about"
                elif (( about == COMP_CWORD )); then
                    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
                else
                    compopt -o default
                fi
                return
                ;;
        esac
        # Names may hold what the shell would obey; behind a quote readline sees to it.
        [[ $cur == [\"\']* ]] || printf -v value %q "$value"
        (( ${#value} > widest )) && widest=${#value}
        values+=("$value")
        abouts+=("$about")
    done < <(command usher __complete bash "$COMP_CWORD" -- "${COMP_WORDS[@]}" 2>/dev/null)
    COMPREPLY=("${values[@]}")
    # Where candidates are only listed (63 is `?`), each has its explanation beside it.
    if (( COMP_TYPE == 63 && ${#values[@]} > 1 )); then
        for at in "${!values[@]}"; do
            printf -v value '%-*s  %s' "$widest" "${values[at]}" "${abouts[at]}"
            COMPREPLY[at]=${value:0:${COLUMNS:-80} - 1}
        done
    fi
}

complete -o nosort -F _usher usher @LINKS@
