# Shared by the scripts in this folder; sourced, not run.

say() {
    printf '==> %s\n' "$*"
}

# The scripts work from any folder.
enter_project() {
    cd "$(dirname "$0")/.." || exit 1
}

target_folder() {
    printf '%s' "${CARGO_TARGET_DIR:-$PWD/target}"
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
        cp "$1" "$2"
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
