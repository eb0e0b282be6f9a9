# Written by `cargo xtask docs` from the code.

_usher_cmdlet() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    case ${prev,,} in
        -thumbnail) COMPREPLY=($(compgen -W 'Small Medium Large FullScreen' -- "$cur")); return ;;
        -erroraction) COMPREPLY=($(compgen -W 'SilentlyContinue Stop Continue Inquire Ignore' -- "$cur")); return ;;
        -warningaction) COMPREPLY=($(compgen -W 'SilentlyContinue Stop Continue Inquire Ignore' -- "$cur")); return ;;
        -informationaction) COMPREPLY=($(compgen -W 'SilentlyContinue Stop Continue Inquire Ignore' -- "$cur")); return ;;
        -progressaction) COMPREPLY=($(compgen -W 'SilentlyContinue Stop Continue Inquire Ignore' -- "$cur")); return ;;
    esac
    case ${COMP_WORDS[0]##*/} in
        Get-WmsSession) COMPREPLY=($(compgen -W '-SessionId -All -Thumbnail -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable' -- "$cur")) ;;
        Lock-WmsSession) COMPREPLY=($(compgen -W '-SessionId -All -Message -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable' -- "$cur")) ;;
        Unlock-WmsSession) COMPREPLY=($(compgen -W '-SessionId -All -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable' -- "$cur")) ;;
        Disconnect-WmsSession) COMPREPLY=($(compgen -W '-SessionId -All -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable -WhatIf -Confirm' -- "$cur")) ;;
        Close-WmsSession) COMPREPLY=($(compgen -W '-SessionId -All -Server -Verbose -Debug -ErrorAction -WarningAction -InformationAction -ProgressAction -ErrorVariable -WarningVariable -InformationVariable -OutVariable -OutBuffer -PipelineVariable -WhatIf -Confirm' -- "$cur")) ;;
    esac
}
complete -F _usher_cmdlet Get-WmsSession Lock-WmsSession Unlock-WmsSession Disconnect-WmsSession Close-WmsSession
