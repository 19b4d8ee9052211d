# shellcheck shell=bash
# Private PostgreSQL and Redis on loopback, for ./run full and tests/support/stores. Needs setup.sh
# sourced before. As root the servers run as the users of their packages. They end when the script
# ends, even by kill -9.

# as_user USER COMMAND...: an exec, so that `as_user ... &` makes $! the server itself. A session of
# its own keeps a Ctrl-C at the terminal from the servers: the host must still be able to drain into
# them.
as_user() {
    local user=$1
    shift
    local how=(setsid setpriv --pdeathsig INT)
    if ((EUID == 0)); then how+=(--reuid "$user" --regid "$user" --init-groups); fi
    exec "${how[@]}" "$@"
}

port_taken() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# The first free loopback port at or above the given one.
free_port() {
    local port=$1
    while port_taken 127.0.0.1 "$port"; do port=$((port + 1)); done
    printf '%s\n' "$port"
}

# A free loopback port for a server that lives briefly; below the range that the kernel gives to
# clients.
random_port() { free_port $((10000 + RANDOM % 20000)); }

postgres_bin() {
    local dir newest=
    for dir in /usr/lib/postgresql/*/bin; do [[ -x $dir/postgres ]] && newest=$dir; done
    [[ -n $newest ]] || fail "PostgreSQL is not installed:  apt-get install postgresql"
    printf '%s\n' "$newest"
}

# make_dir USER DIR: a directory of that user's that it can really reach.
make_dir() {
    mkdir -p "$2"
    chmod 700 "$2"
    if ((EUID == 0)); then chown "$1:$1" "$2"; fi
    (as_user "$1" test -w "$2")
}

# start_postgres DATA_DIR SOCKET_DIR PORT LOG [OPTION...]; sets postgres_pid. The data directory
# must be initialised.
start_postgres() {
    local data=$1 sockets=$2 port=$3 log=$4 bin
    shift 4
    bin=$(postgres_bin)
    as_user postgres "$bin/postgres" -D "$data" -c listen_addresses=127.0.0.1 -c "port=$port" \
        -c "unix_socket_directories=$sockets" "$@" >"$log" 2>&1 </dev/null &
    postgres_pid=$!
    # A disowned job that a test kills is not reported on the terminal.
    disown "$postgres_pid"
    postgres_data=$data
    local left=600
    until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        if ! kill -0 "$postgres_pid" 2>/dev/null || ((left-- == 0)); then
            tail -n 20 "$log" >&2
            fail "PostgreSQL did not start; the end of its log is above, all of it is in $log"
        fi
        pause 0.1
    done
}

# start_redis DIR PORT LOG CONFIGURATION; sets redis_pid. REDISCLI_AUTH is the password, if it has
# one. The configuration goes in on standard input: a password on the command line could be read by
# everybody.
start_redis() {
    local dir=$1 port=$2 log=$3 left=600
    as_user redis redis-server - <<<"bind 127.0.0.1
port $port
dir $dir
daemonize no
$4" >"$log" 2>&1 &
    redis_pid=$!
    disown "$redis_pid"
    until [[ $(redis-cli -p "$port" ping 2>/dev/null) == PONG ]]; do
        if ! kill -0 "$redis_pid" 2>/dev/null || ((left-- == 0)); then
            tail -n 20 "$log" >&2
            fail "Redis did not start; the end of its log is above, all of it is in $log"
        fi
        pause 0.1
    done
}

# stop_process PID SIGNAL SECONDS LAST_SIGNAL: asks, waits, then insists. It may have been stopped
# with SIGSTOP.
stop_process() {
    local pid=$1 left=$(($3 * 10))
    kill "-$2" "$pid" 2>/dev/null || return 0
    kill -CONT "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null && ((left-- > 0)); do pause 0.1; done
    kill "-$4" "$pid" 2>/dev/null || true
}

# Stops what was started here; also a PostgreSQL that a test put in its place, found by its data
# directory.
stop_servers() {
    local now
    trap '' INT TERM HUP
    if [[ -n ${postgres_pid:-} ]]; then
        now=$(head -n 1 "$postgres_data/postmaster.pid" 2>/dev/null || true)
        if [[ -n $now && $now != "$postgres_pid" ]]; then stop_process "$now" INT 20 QUIT; fi
        stop_process "$postgres_pid" INT 20 QUIT
    fi
    if [[ -n ${redis_pid:-} ]]; then stop_process "$redis_pid" TERM 20 KILL; fi
    postgres_pid='' redis_pid=''
}
