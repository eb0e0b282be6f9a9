# Completion of usher and of the cmdlets' links in fish. `usher completion fish` prints it.

function __usher_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (command usher __complete fish (count $words) -- $words "$current" 2>/dev/null)
        switch $line
            case ':files*'
                __fish_complete_path "$current"
            case ':command*'
                # From this word on, the line is another program's.
                set -l begin (math 1 + (string split \t -- $line)[2])
                set -l rest
                if test $begin -le (count $words)
                    set rest (string escape -- $words[$begin..-1])
                end
                complete -C (string join ' ' -- $rest "$current")
            case '*'
                echo $line
        end
    end
end

for name in usher @LINKS@
    complete -c $name -e
    complete -c $name -f -k -a '(__usher_complete)'
end
