#!/usr/bin/env bash
# Restarts the site processes of this machine one after the other, each only when the one before takes requests again:
#   sudo deploy/rolling.sh 8001 8002
# RESTART names another way to restart one: the port is put in the place of {}.
set -euo pipefail

restart=${RESTART:-systemctl restart meatlizard@{\}}
patience=${PATIENCE:-120}

ready() {
  curl --silent --fail --output /dev/null --max-time 5 "http://127.0.0.1:$1/health/ready"
}

[ $# -gt 0 ] || { echo "Name the ports: $0 8001 8002" >&2; exit 2; }
for port in "$@"; do
  ready "$port" || { echo "$port takes no requests now; nothing more is restarted." >&2; exit 1; }
done
for port in "$@"; do
  ${restart//\{\}/$port}
  end=$((SECONDS + patience))
  until ready "$port"; do
    [ "$SECONDS" -lt "$end" ] || { echo "$port does not take requests $patience s after its restart; the others still run as before." >&2; exit 1; }
    sleep 0.2
  done
  # Front servers leave out for a second whoever refused a connection.
  sleep 1.5
  echo "$port takes requests again."
done
