#compdef steplane
# Completion of steplane in zsh. Either put this line into ~/.zshrc, after compinit:
#   eval "$(steplane completion zsh)"
# or this file, as _steplane, into a folder of $fpath.

_steplane() {
    local program=${(Q)words[1]} current=$PREFIX line prefix
    local -a lines parts closed open
    [[ -z ${compstate[quote]} ]] && current=${(Q)PREFIX}
    [[ $program == '~/'* ]] && program=$HOME/${program#'~/'}
    lines=("${(@f)$(
        _STEPLANE_COMPLETE=zsh_complete "$program" "${(@Q)words[2,CURRENT-1]}" "$current" 2>/dev/null </dev/null
    )}")
    for line in $lines; do
        parts=("${(@ps:\t:)line}")
        prefix=$parts[2]
        case $parts[1] in
            value)
                line=${${parts[2]//\\/\\\\}//:/\\:}
                [[ -n $parts[3] ]] && line+=":$parts[3]"
                if [[ $prefix == *[=/] ]]; then open+=("$line"); else closed+=("$line"); fi
                ;;
            file) compset -P "${(b)prefix}"; _files; return ;;
            yaml) _files -g '*.(yaml|yml)'; return ;;
            dir) compset -P "${(b)prefix}"; _files -/; return ;;
        esac
    done
    (( $#closed )) && _describe -V 'steplane' closed
    (( $#open )) && _describe -V 'steplane' open -S ''
    (( $#closed + $#open ))
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _steplane "$@"
else
    compdef _steplane steplane
fi
