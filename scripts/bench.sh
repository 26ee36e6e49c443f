#!/usr/bin/env bash
# How long a check takes beside a bare search for the words it starts from.
#
#   scripts/bench.sh [DIRECTORY]
#
# Times `corslint` and `rg -l -i 'cors|access-control-'` in turn over DIRECTORY, or over a made tree of 20,000 files,
# and prints the ratio. Both run warm, in the same minute, on the same machine; only the ratio means anything.
set -euo pipefail
cd "$(dirname "$0")/.."

RUNS=${RUNS:-10}
LIMIT=${LIMIT:-3}
PATTERN='cors|access-control-'

if ! command -v rg >/dev/null; then
    echo "ripgrep is needed for comparison: apt install ripgrep, or cargo install ripgrep" >&2
    exit 2
fi

target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet
corslint=$(realpath "$target/release/corslint")

tree=${1:-$target/bench-tree}
if [[ $# -eq 0 && ! -f $tree/.gitignore ]]; then
    echo "making a tree of 20,000 files in $tree" >&2
    python3 scripts/make-tree.py "$tree" 20000
fi
cd "$tree"

check() { "$corslint" check . --fail-on never --format json >/dev/null; }
search() { rg -l -i "$PATTERN" >/dev/null; }

# Milliseconds of the fastest of RUNS runs: whatever else the machine does can only add to a run.
fastest() {
    local best=999999 start end
    for ((run = 0; run < RUNS; run++)); do
        start=$(date +%s%N)
        "$1"
        end=$(date +%s%N)
        (((end - start) / 1000 < best)) && best=$(((end - start) / 1000))
    done
    echo "$best"
}

check && search # warm the page cache
if command -v hyperfine >/dev/null; then
    hyperfine --warmup 2 --runs "$RUNS" "$corslint check . --fail-on never --format json" "rg -l -i '$PATTERN'"
fi
ours=$(fastest check)
theirs=$(fastest search)
awk -v ours="$ours" -v theirs="$theirs" -v limit="$LIMIT" 'BEGIN {
    printf "corslint %.1f ms, rg %.1f ms, ratio %.2f (at most %s)\n", ours / 1000, theirs / 1000, ours / theirs, limit
    exit ours / theirs > limit
}'
