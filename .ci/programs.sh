# For the steps that run programs against programs; each sources it. Folder `scratch`, gone at the end; processes in
# `running`, killed at the end; `failed`, 1 once a check has failed.

scratch=$(mktemp -d) || exit 1
running=()
finish() {
    for pid in ${running[@]+"${running[@]}"}; do kill "$pid" 2>/dev/null; done
    rm -rf "$scratch"
}
trap finish EXIT

# What is not installed skips the step.
need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || { echo "SKIPPED: $command is not installed"; exit 77; }
    done
}

failed=0
# check NAME COMMAND...: says how it went, and what it said if it failed.
check() {
    local name=$1
    shift
    if "$@" >"$scratch/said" 2>&1; then
        echo "ok: $name"
    else
        echo "FAILED: $name"
        tail -n 20 "$scratch/said"
        failed=1
    fi
}

# A port that nobody listens on now.
free_port() {
    local port
    for port in $(shuf -i 20000-29999 -n 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return; }
    done
    return 1
}

# Waits until somebody listens on a port.
wait_for() {
    local attempt
    for attempt in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
        sleep 0.1
    done
    echo "nothing listens on port $1"
    return 1
}
