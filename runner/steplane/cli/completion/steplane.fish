# Completion of steplane in fish. To have it in every shell:
#   steplane completion fish > ~/.config/fish/completions/steplane.fish

function __steplane_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    set -l plain (string unescape -- $current; or string replace -r '^["\']' '' -- $current)
    for line in (env _STEPLANE_COMPLETE=fish_complete $program $words "$plain" 2>/dev/null </dev/null)
        set -l parts (string split -m 2 \t -- $line)
        switch $parts[1]
            case value
                printf '%s\t%s\n' $parts[2] $parts[3]
            case file
                set -l rest (string replace -- "$parts[2]" '' "$plain")
                for path in (__fish_complete_path "$rest")
                    printf '%s%s\n' $parts[2] $path
                end
            case yaml
                __fish_complete_path "$plain" | string match -r '^[^\t]*(?:/|\.ya?ml)(?:\t.*)?$'
            case dir
                __fish_complete_directories "$plain" ''
        end
    end
end

complete --command steplane --no-files --keep-order --arguments '(__steplane_complete)'
