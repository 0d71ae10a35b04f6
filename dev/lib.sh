# Shared by the scripts in this folder; sourced, not run.

say() {
    printf '==> %s\n' "$*"
}

# The scripts work from any folder.
enter_project() {
    cd "$(dirname "$0")/.." || exit 1
}

# What a script is for: the comment at its top. Nothing is done then.
show_help() {
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p;}' "$0"
    exit 0
}

# An option that a script does not have: said before anything is done.
refuse() {
    echo "$(basename "$0"): there is no option $1 (see $(basename "$0") --help)" >&2
    exit 2
}

# For scripts that take nothing.
take_no_options() {
    [ $# -eq 0 ] && return
    case $1 in
        -h | --help) show_help ;;
        *) refuse "$1" ;;
    esac
}

# For scripts that pass options on: $1 lists those with a value and then, after a comma, those without.
check_options() {
    with_value=" ${1%%,*} " without=" ${1#*,} "
    shift
    while [ $# -gt 0 ]; do
        case $1 in -h | --help) show_help ;; esac
        case $with_value in *" ${1%%=*} "*)
            case $1 in *=*) ;; *) [ $# -gt 1 ] || refuse "$1 without a value" && shift ;; esac
            shift && continue ;;
        esac
        case $without in *" $1 "*) shift && continue ;; esac
        refuse "$1"
    done
}

target_folder() {
    printf '%s' "${CARGO_TARGET_DIR:-$PWD/target}"
}

# Builds, and says how far it is: crates done of all, and the time. Errors are shown as cargo writes them.
build() {
    build_log=$(mktemp) build_start=$(date +%s) build_said=-100 build_drawn=''
    CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=160 CARGO_TERM_COLOR=never \
        cargo build "$@" 2>"$build_log" &
    cargo=$!
    # Started in the background, cargo does not hear Ctrl-C by itself.
    trap 'kill $cargo 2>/dev/null; rm -f "$build_log"; exit 130' INT TERM
    while kill -0 $cargo 2>/dev/null; do
        sleep 0.5
        build_count=$(tail -c 1000 "$build_log" | tr '\r' '\n' | sed -n 's/.*Building.* \([0-9]*\/[0-9]*\).*/\1/p' | tail -n 1)
        if [ -n "$build_count" ]; then
            build_line="${build_count%/*} of ${build_count#*/} crates"
        else
            # What cargo does first: it downloads, or waits for another cargo.
            build_line=$(tr '\r' '\n' <"$build_log" | sed 's/^ *//' | tail -n 1 | cut -c 1-60)
        fi
        [ -n "$build_line" ] || continue
        build_time=$(($(date +%s) - build_start))
        build_line="building: $build_line, $((build_time / 60)) min $((build_time % 60)) s"
        if [ -t 1 ]; then
            printf '\r==> %-78s' "$build_line" && build_drawn=1
        elif [ $((build_time - build_said)) -ge 15 ]; then
            say "$build_line" && build_said=$build_time
        fi
    done
    [ -z "$build_drawn" ] || printf '\n'
    build_failed=''
    wait $cargo || build_failed=1
    trap - INT TERM
    [ -z "$build_failed" ] || tr '\r' '\n' <"$build_log" | grep -v '^ *\(Building\|Compiling\|Downloading\|Downloaded\) ' >&2
    rm -f "$build_log"
    [ -z "$build_failed" ] || exit 1
}

# josekit links OpenSSL: pkg-config and its headers are all that a build needs beside Rust.
require_build_packages() {
    command -v cargo >/dev/null 2>&1 || {
        echo "Rust is not installed. See the instructions of rustup for your system." >&2
        exit 1
    }
    pkg-config --exists openssl 2>/dev/null && return
    command -v apt-get >/dev/null 2>&1 || {
        echo "OpenSSL's headers and pkg-config are needed to build; install them with this system's package manager." >&2
        exit 1
    }
    say "pkg-config and libssl-dev are needed to build and not installed"
    as_root=''
    [ "$(id -u)" = 0 ] || as_root=sudo
    if [ "${GATEWRIGHT_ASSUME_YES:-}" != 1 ] && [ -t 0 ]; then
        printf 'Install them now (%s apt-get install pkg-config libssl-dev)? [Y/n] ' "$as_root"
        read -r answer
        case $answer in
            n* | N*) exit 1 ;;
        esac
    fi
    $as_root apt-get update -q
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends pkg-config libssl-dev
}

# Copies an example unless the file is there.
copy_example() {
    if [ -e "$2" ]; then
        say "$2 stays as it is"
    else
        (umask 077 && cp "$1" "$2")
        chmod 600 "$2"
        say "$2 written from $1"
    fi
}

# The settings of servers that are started by hand: .env, and below it the services that
# `dev/up --services-only` runs, when .env names none.
load_service_addresses() {
    if [ -f .dev/addresses.env ] && ! grep -qsE '^(DATABASE_URL|DB_(HOST|PORT|USERNAME|PASSWORD|DATABASE))=.' .env &&
        [ -z "${DATABASE_URL:-}${DB_HOST:-}" ]; then
        # shellcheck disable=SC1091
        . ./.dev/addresses.env
        DATABASE_URL=$DB_URL
        export DATABASE_URL REDIS_URL
    fi
}
