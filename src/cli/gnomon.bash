# bash completion for gnomon(1); installed as /usr/share/bash-completion/completions/gnomon.

# The names of the published series, from the file the command itself would read.
_gnomon_series()
{
    gnomon "$@" forecast --json 2>/dev/null | sed -n 's/"series_id":"\([^"]*\)"/\n\1\n/gp' | grep -v '[{}[:space:]]'
}

_gnomon()
{
    local cur prev words cword
    if ! _init_completion -s 2>/dev/null; then
        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
    fi
    local commands="status check probe import forecast accuracy energy events feed backtest train simulate" command= config=() i

    for ((i = 1; i < cword; i++)); do
        case ${words[i]} in
        -c|--config) config=(-c "${words[i + 1]}"); ((i++)) ;;
        -*) ;;
        *) command=${words[i]}; break ;;
        esac
    done

    case $prev in
    -c|--config|-f|--file|--activity|--payload|--drivers|--static|--splits|--priors|--predictions)
        COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null; return ;;
    --line)
        COMPREPLY=($(compgen -W "$(ls /dev/serial/by-id/* /dev/ttyUSB* /dev/ttyACM* 2>/dev/null)" -- "$cur")); return ;;
    --matrix|--maps)
        COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null; return ;;
    --intervals)
        COMPREPLY=($(compgen -W "conformal gaussian" -- "$cur")); return ;;
    --policy)
        COMPREPLY=($(compgen -W "refill soc:50,40 noon throttled none" -- "$cur")); return ;;
    --models)
        COMPREPLY=($(compgen -W "naive yearago theta hw ridge boost mean auto" -- "$cur")); return ;;
    esac

    local options="--help"
    case $command in
    "") options="--help --version --config" ;;
    status) options+=" --config --json" ;;
    check) options+=" --config --json" ;;
    probe) options+=" --config --json --line --unit --maps" ;;
    import) options+=" --config --json --company --timeout" ;;
    forecast) options+=" --config --json --company --file --next" ;;
    accuracy) options+=" --config --json --company --file" ;;
    energy) options+=" --config --json --company --file --days" ;;
    events) options+=" --config --json --company --file --from --to" ;;
    feed) options+=" test --config --json --payload --place --all" ;;
    train) options+=" --config --json --timeout" ;;
    backtest) options+=" --activity --drivers --static --calendar --series --horizon --origins --step --last --splits --known --models --intervals
                         --levels --priors --effort --zone --role --matrix --predictions --json" ;;
    simulate) options+=" --days --seed --start --series --site --zone --country --panel --battery --load --irradiance --forecast --policy --job --saver-w
                         --poll --set --faults --json --picture --keep --log --share" ;;
    esac

    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
        return
    fi
    case $command in
    "") COMPREPLY=($(compgen -W "$commands" -- "$cur")) ;;
    import) COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null ;;
    forecast|accuracy) COMPREPLY=($(compgen -W "$(_gnomon_series "${config[@]}")" -- "$cur")) ;;
    esac
}
complete -F _gnomon gnomon
