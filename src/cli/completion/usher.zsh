#compdef usher @LINKS@
# Completion of usher and of the cmdlets' links in zsh. `usher completion zsh` prints it.

_usher() {
    local line value about
    local -a found
    for line in "${(@f)$(command usher __complete zsh $(( CURRENT - 1 )) -- "${(@Q)words}" 2>/dev/null)}"; do
        value=${line%%$'\t'*} about=${line#*$'\t'}
        case $value in
            '') ;;
            :files)
                _files
                return
                ;;
            :command)
                # From this word on, the line is another program's.
                words=("${(@)words[about + 1, -1]}")
                (( CURRENT -= about ))
                _normal
                return
                ;;
            *) found+=("${value//:/\\:}${about:+:$about}") ;;
        esac
    done
    (( $#found )) && _describe -V 'usher' found -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}'
}

if [[ $funcstack[1] == _usher ]]; then
    _usher "$@"
elif (( $+functions[compdef] )); then
    compdef _usher usher @LINKS@
fi
