# Bash completion for cimvisor. Source it, or install it as bash-completion/completions/cimvisor.

_cimvisor_machines() {
  cimvisor --timeout 2 "${servers[@]}" query \
    "SELECT ElementName FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'" 2>/dev/null | tail -n +2
}

_cimvisor() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=() servers=() index
  for ((index = 1; index < COMP_CWORD; ++index)); do
    case ${COMP_WORDS[index]} in
      --server) servers=(--server "${COMP_WORDS[index + 1]}") && ((++index)) ;;
      --tls-* | -n | --namespace | -o | --output | --timeout) ((++index)) ;;
      -*) ;;
      *) words+=("${COMP_WORDS[index]}") ;;
    esac
  done
  case $previous in
    -o | --output) mapfile -t COMPREPLY < <(compgen -W "table json mof" -- "$current") && return ;;
    --tls-ca | --tls-cert | --tls-key | --kernel | --initrd) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
  esac
  if [[ $current == -* ]]; then
    local options="--server --tls-ca --tls-cert --tls-key --namespace --output --no-wait --timeout --help --version"
    case ${words[*]} in
      "vm create"*) options+=" --memory --processors --kernel --initrd --append --notes --upload --allow-small-guests-host" ;;
      console*) options+=" --port --read-only --history" ;;
      watch*) options+=" --from --count" ;;
      get*) options+=" --property" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  case ${words[*]} in
    "") mapfile -t COMPREPLY < <(compgen -W "vm console get query watch invoke class host service" -- "$current") ;;
    vm) mapfile -t COMPREPLY < <(compgen -W "list show create start stop pause resume reset delete" -- "$current") ;;
    class) mapfile -t COMPREPLY < <(compgen -W "list show" -- "$current") ;;
    host) mapfile -t COMPREPLY < <(compgen -W "show check" -- "$current") ;;
    service) mapfile -t COMPREPLY < <(compgen -W "show backup" -- "$current") ;;
    "vm show" | "vm start" | "vm stop" | "vm pause" | "vm resume" | "vm reset" | "vm delete" | console)
      mapfile -t COMPREPLY < <(compgen -W "$(_cimvisor_machines)" -- "$current") ;;
    "class show" | "class list")
      mapfile -t COMPREPLY < <(compgen -W "$(cimvisor --timeout 2 "${servers[@]}" class list 2>/dev/null |
        awk 'NR > 1 { print $1 }')" -- "$current") ;;
  esac
}
complete -F _cimvisor cimvisor
