#compdef steplane
# Completion of steplane in zsh. Either put this line into ~/.zshrc, after compinit:
#   eval "$(steplane completion zsh)"
# or this file, as _steplane, into a folder of $fpath.

_steplane() {
    local program=${(Q)words[1]} current=$PREFIX line shown
    local -a lines parts closed open described_closed described_open
    local -i wide=0
    [[ -z ${compstate[quote]} ]] && current=${(Q)PREFIX}
    [[ $program == '~/'* ]] && program=$HOME/${program#'~/'}
    lines=("${(@f)$(
        _STEPLANE_COMPLETE=zsh_complete "$program" "${(@Q)words[2,CURRENT-1]}" "$current" 2>/dev/null </dev/null
    )}")
    for line in $lines; do
        parts=("${(@ps:\t:)line}")
        (( $#parts[2] > wide && $#parts[2] < COLUMNS / 2 )) && wide=$#parts[2]
    done
    for line in $lines; do
        parts=("${(@ps:\t:)line}")
        case $parts[1] in
            value)
                shown=$parts[2]
                (( $#shown < wide )) && shown=${(r:wide:)shown}
                [[ -n $parts[3] ]] && shown="$shown  -- $parts[3]" || shown=$parts[2]
                shown=${shown[1,COLUMNS - 1]}
                if [[ $parts[2] == *[=/] ]]; then
                    open+=("$parts[2]") described_open+=("$shown")
                else
                    closed+=("$parts[2]") described_closed+=("$shown")
                fi
                ;;
            file) compset -P "${(b)parts[2]}"; _files; return ;;
            yaml) _files -g '*.(yaml|yml)'; return ;;
            dir) compset -P "${(b)parts[2]}"; _files -/; return ;;
        esac
    done
    # In the order given, each on a line of its own; what ends in = or / goes on without a blank.
    (( $#closed )) && compadd -V steplane -l -d described_closed -a -- closed
    (( $#open )) && compadd -V steplane-open -S '' -l -d described_open -a -- open
    (( $#closed + $#open ))
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _steplane "$@"
else
    compdef _steplane steplane
fi
