# shellcheck shell=bash
# Shared by ./run, ./test and tests/support/stores: messages, long steps, packages, the build. A
# script that sources this has `set -euo pipefail` and its working directory at the root of the
# repository.

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "error: $1"
    shift
    local line
    for line in "$@"; do say "  $line"; done
    exit 1
}

# Waits without a child process, so that nothing is left behind when the script is stopped.
pause() {
    local never
    exec {never}<> <(:)
    read -r -t "$1" -u "$never" || true
    exec {never}>&-
}

# Runs a command in a process group of its own, passes INT and TERM on to all of it, answers its
# exit status.
run_child() {
    local status signalled=
    set -m
    "$@" &
    local child=$!
    set +m
    trap 'signalled=1; kill -INT -- "-$child" 2>/dev/null || true' INT
    trap 'signalled=1; kill -TERM -- "-$child" 2>/dev/null || true' TERM HUP
    status=0
    wait "$child" || status=$?
    while [[ -n $signalled ]]; do
        signalled=
        status=0
        wait "$child" || status=$?
    done
    trap - INT TERM HUP
    return "$status"
}

# Shows the last line of a log now and then; ends with the script. Quiet for the first seconds: most
# steps are no-ops.
tick() {
    local label=$1 log=$2 line
    pause 3
    say "$label ..."
    while pause 15 && kill -0 "$$" 2>/dev/null; do
        line=$(grep -v "^ *$" "$log" 2>/dev/null | tail -n 1 | cut -c 1-90)
        say "  ${SECONDS}s  $line"
    done
}

# long_step LABEL LOG COMMAND...: output goes to the log; on failure the log's end is shown.
long_step() {
    local label=$1 log=$2 status=0
    shift 2
    mkdir -p "${log%/*}"
    : >"$log"
    SECONDS=0
    tick "$label" "$log" &
    local ticker=$!
    run_child "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if ((status != 0)); then
        tail -n 60 "$log" >&2
        say ""
        if ((status > 128)); then
            say "stopped while: $label"
            exit "$status"
        fi
        fail "$label failed (exit code $status). The end of the log is above, all of it is in $log"
    fi
}

# The packages of the given lists that are missing, one a line.
missing_packages() {
    local list package command state
    for list in "$@"; do
        while read -r package command; do
            [[ -z $package || $package == '#'* ]] && continue
            [[ -n $command ]] && command -v "$command" >/dev/null && continue
            state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
            [[ $state == installed ]] || printf '%s\n' "$package"
        done <"cmake/packages/$list.txt"
    done | sort -u
}

# Runs in a subshell of its own: its EXIT trap outlives the function, so nothing here is local.
apt_install() {
    policy=/usr/sbin/policy-rc.d
    aside=$policy.before-ingest
    # No package may start a service: ours are private, and a machine's own are its owner's
    # business.
    # shellcheck disable=SC2317
    restore_policy() {
        "${as_root[@]}" rm -f "$policy"
        if [[ -e $aside ]]; then "${as_root[@]}" mv "$aside" "$policy"; fi
    }
    if [[ -e $policy && ! -e $aside ]]; then "${as_root[@]}" mv "$policy" "$aside"; fi
    trap restore_policy EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"
}

# install_packages LIST...: installs what is missing of cmake/packages/LIST.txt.
install_packages() {
    [[ -n ${INGEST_SKIP_INSTALL:-} ]] && return 0
    local lists=("$@") list_names missing plan removed
    list_names="cmake/packages/{$(IFS=,; echo "$*")}.txt"
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        fail "this machine has no apt-get, so packages cannot be installed here." \
            "Install the counterparts of $list_names yourself, then set INGEST_SKIP_INSTALL=1;" \
            "or build the container: see deploy/README.md."
    fi
    mapfile -t missing < <(missing_packages "${lists[@]}")
    ((${#missing[@]} == 0)) && return 0

    as_root=()
    if ((EUID != 0)); then
        local by_hand="As root:  apt-get install --no-install-recommends ${missing[*]}"
        command -v sudo >/dev/null ||
            fail "packages are missing, and installing them needs root or sudo." "$by_hand"
        say "Installing packages needs sudo."
        # Asked here, in the foreground: the long steps below cannot read a password.
        sudo -v || fail "sudo was refused." "$by_hand"
        as_root=(sudo)
    fi

    local log=build/log
    mkdir -p "$log"
    ("${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update >"$log/apt-update.log" 2>&1) ||
        say "apt-get update had trouble ($log/apt-update.log); going on with the lists at hand."
    if ! plan=$(LC_ALL=C apt-get -s install --no-install-recommends "${missing[@]}" 2>&1); then
        printf '%s\n' "$plan" | tail -n 20 >&2
        fail "apt-get cannot install: ${missing[*]}" \
            "This is made for Debian 12 (bookworm) with its main, updates and security archives."
    fi
    removed=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' <<<"$plan" | sort -u | tr '\n' ' ')
    if [[ -n $removed && ${INGEST_ALLOW_REMOVE:-} != 1 ]]; then
        fail "installing ${missing[*]} would remove: $removed" \
            "Nothing was changed. If they may go:  INGEST_ALLOW_REMOVE=1 $0" \
            "If not, build in the container instead: see deploy/README.md."
    fi
    say "Installing: ${missing[*]}"
    long_step "installing packages" "$log/apt-install.log" in_subshell apt_install "${missing[@]}"
}

# shellcheck disable=SC2317
in_subshell() { ("$@"); }

# Compiling a file takes up to 2 GB under a sanitizer, so memory bounds the jobs as well as cores
# do.
build_jobs() {
    local cores memory_kb jobs
    cores=$(nproc)
    memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    jobs=$((${memory_kb:-2000000} / 2000000))
    ((jobs < 1)) && jobs=1
    ((jobs > cores)) && jobs=$cores
    printf '%s\n' "$jobs"
}

# build_preset PRESET DIR [-DNAME=VALUE...]
build_preset() {
    local preset=$1 dir=$2
    shift 2
    long_step "configuring $preset" "$dir/log/configure.log" cmake --preset "$preset" -B "$dir" "$@"
    long_step "building $preset" "$dir/log/build.log" \
        cmake --build "$dir" -j "$(build_jobs)"
}
