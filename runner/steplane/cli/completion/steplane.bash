# Completion of steplane in bash. To have it in every shell, put this line into ~/.bashrc:
#   eval "$(steplane completion bash)"

_steplane_complete() {
    local program=$1 kind reply
    [[ $program == "~/"* ]] && program=$HOME/${program#"~/"}
    COMPREPLY=()
    while IFS=$'\t' read -r kind reply; do
        [[ $kind == value ]] || continue
        COMPREPLY+=("$reply")
        [[ $reply == *[=/] ]] && compopt -o nospace 2>/dev/null
    done < <(
        _STEPLANE_COMPLETE=bash_complete _STEPLANE_LINE=${COMP_LINE:0:COMP_POINT} _STEPLANE_WORD=$2 \
            "$program" 2>/dev/null </dev/null
    )
}

complete -o nosort -F _steplane_complete steplane 2>/dev/null || complete -F _steplane_complete steplane
