#!/usr/bin/env bash
# Install the Debian packages that netprov needs and this machine lacks: those that `netprov doctor` names.
# --with-optional: PostgreSQL too, and Chromium for the tests of the worklist's page.
#
# Debian starts a service for each server that it installs, now and at each boot. netprov runs processes of its own, so
# those services stay off: while apt works, a policy-rc.d (Debian's own hook for this) says no for these services alone,
# unless the machine has such a file already, and is removed afterwards; then services that were not there before are
# disabled. `systemctl enable --now orthanc` undoes that. Services that were there before are left as they are.
set -euo pipefail
cd "$(dirname "$0")/.."
source .ci/python.sh

policy=/usr/sbin/policy-rc.d
mark='netprov is installing packages'
services=(orthanc nginx postgresql)
optional=False
[ "${1:-}" != --with-optional ] || optional=True

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }
}

unit() {
    ls "/lib/systemd/system/$1.service" "/etc/init.d/$1" 2>/dev/null | head -n 1
}

hold_services() {
    if [ ! -e "$policy" ] || grep -q "$mark" "$policy"; then
        trap 'as_root rm -f "$policy"' EXIT
        as_root tee "$policy" >/dev/null <<END
#!/bin/sh
# $mark: their services stay off. Removed when that is done, and void if that was killed.
[ -d /proc/$$ ] || exit 0
case "\$1" in orthanc* | nginx* | postgresql*) exit 101 ;; esac
exit 0
END
        as_root chmod 755 "$policy"
    fi
}

keep_off() {
    if command -v systemctl >/dev/null; then
        as_root systemctl disable --quiet --now "$1" >>"$log" 2>&1 || as_root systemctl disable --quiet "$1" >>"$log" 2>&1 || true
    elif command -v update-rc.d >/dev/null; then
        as_root update-rc.d "$1" disable >>"$log" 2>&1 || true
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}

bring() {
    local service absent=()
    echo "Installing Debian packages: $*"
    log=$(mktemp)
    for service in "${services[@]}"; do
        [ -n "$(unit "$service")" ] || absent+=("$service")
    done
    hold_services
    if ! apt_get install -y --no-install-recommends "$@"; then
        # An install that was killed half-way, or package lists that are old or not there yet.
        as_root dpkg --configure -a >>"$log" 2>&1 || true
        apt_get update && apt_get install -y --no-install-recommends "$@" || {
            tail -n 5 "$log" >&2
            stop "apt-get install $* failed; all it said is in $log"
        }
    fi
    for service in "${absent[@]}"; do
        [ -z "$(unit "$service")" ] || keep_off "$service"
    done
    rm -f "$log"
}

python_wanted="Python 3.11 or newer with its venv module is needed"
if ! python=$(find_python); then
    may_install || stop "$python_wanted" \
        "apt-get install python3-venv (Debian 12, Ubuntu 24.04 or newer), or name one: make PYTHON=/path/to/python3.11 up"
    bring python3-venv
    python=$(find_python) || stop "$python_wanted, and this system's is older" "make PYTHON=/path/to/python3.11 up"
fi

{ read -r missing; read -r advice; } < <("$python" - "$optional" <<'END'
import os, sys
sys.path.insert(0, "")
from provisioner.doctor import install_command, missing_packages
missing = missing_packages(os.environ, optional=sys.argv[1] == "True")
if sys.argv[1] == "True" and not os.access("/usr/bin/chromium", os.X_OK):
    missing = (*missing, "chromium")
print(*missing)
print(install_command(missing, os.environ))
END
)
[ -n "$missing" ] || exit 0
may_install || stop "this machine lacks what netprov needs: $missing" "$advice"
bring $missing
