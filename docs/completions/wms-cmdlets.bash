# Written by `cargo xtask docs` from the code.

_usher_cmdlet() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at name known=
    for (( at = 0; at < COMP_CWORD; at++ )); do
        name=${COMP_WORDS[at]##*/}
        case ${name,,} in
            get-wmssession) known='-SessionId -All -Thumbnail -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable' ;;
            lock-wmssession) known='-SessionId -All -Message -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable' ;;
            unlock-wmssession) known='-SessionId -All -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable' ;;
            disconnect-wmssession) known='-SessionId -All -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable -WhatIf -Confirm' ;;
            close-wmssession) known='-SessionId -All -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable -WhatIf -Confirm' ;;
            *) continue ;;
        esac
        break
    done
    [[ $known ]] || return 1
    case ${prev,,} in
        -thumbnail) known='Small Medium Large FullScreen' ;;
        -erroraction) known='SilentlyContinue Stop Continue Inquire Ignore' ;;
        -warningaction) known='SilentlyContinue Stop Continue Inquire Ignore' ;;
        -informationaction) known='SilentlyContinue Stop Continue Inquire Ignore' ;;
        -progressaction) known='SilentlyContinue Stop Continue Inquire Ignore' ;;
    esac
    COMPREPLY=()
    for name in $known; do
        [[ ${name,,} == "${cur,,}"* ]] && COMPREPLY+=("$name")
    done
    return 0
}
complete -o nosort -F _usher_cmdlet Get-WmsSession get-wmssession Lock-WmsSession lock-wmssession Unlock-WmsSession unlock-wmssession Disconnect-WmsSession disconnect-wmssession Close-WmsSession close-wmssession
