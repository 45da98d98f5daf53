#!/usr/bin/env bash
# portal.sh prepare|work|batch|serve STATE [PORT]: the portal's part in a benchmark, its state below STATE.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
what=$1 state=$2
unset REDIS_URL
export PORTAL_VAR=$state/portal PORTAL_ENV_FILE="" BENCH_CALLS=${BENCH_CALLS:-16} PRIVATE_NETWORKS=127.0.0.0/8
export SECRET_KEY="a key for benchmarks alone, which protects nothing" SALT_KEY="a salt for benchmarks alone"
export PYTHONPATH=$root PYTHONDONTWRITEBYTECODE=
mkdir -p "$PORTAL_VAR"
python=$root/.venv/bin/python
case $what in
  prepare) exec "$python" -m tests.benchmarks.portal prepare ;;
  work) exec "$python" "$root/manage.py" work ;;
  batch) exec "$python" -m tests.benchmarks.portal batch ;;
  serve) exec "$python" "$root/manage.py" portal --bind "127.0.0.1:$3" ;;
esac
