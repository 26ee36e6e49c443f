#!/usr/bin/env bash
# What action.yml runs: gets corslint, checks, and says what came of it.
#
# In: INPUT_*, and the variables of GitHub Actions. Out: the log, $GITHUB_OUTPUT, the exit code of corslint.
set -euo pipefail

wrong() {
    printf 'corslint action: %s\n' "$*" >&2
    output exit-code 2
    exit 2
}

# Outputs are lines of `name=value`; values that could hold a line break are refused before they get here.
output() {
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

is_true() {
    case $2 in
    true) return 0 ;;
    false) return 1 ;;
    *) wrong "$1 is neither true nor false: $2" ;;
    esac
}

# Builds from the source that the action came with.
build() {
    command -v cargo >/dev/null || wrong "there is no cargo to build corslint with; name a released version instead"
    local target=$work/target
    cargo build --release --locked --quiet --manifest-path "$GITHUB_ACTION_PATH/Cargo.toml" --target-dir "$target" >&2 ||
        wrong "corslint could not be built"
    binary=$target/release/corslint$exe
}

# Downloads a release, and believes it only when it has the sum that was published with it.
download() {
    local version=${1#v} target archive url
    [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || wrong "version is not like 1.2.3: $1"
    [[ -n ${ACTION_REPOSITORY:-} ]] || wrong "it is not known which repository released the version; leave version out"
    case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
    Linux-X64) target=x86_64-unknown-linux-gnu ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) wrong "there is no release for ${RUNNER_OS:-?} on ${RUNNER_ARCH:-?}; leave version out to build it" ;;
    esac
    archive=corslint-v$version-$target.tar.gz
    url=$GITHUB_SERVER_URL/$ACTION_REPOSITORY/releases/download/v$version
    (
        cd "$work"
        for file in "$archive" "$archive.sha256"; do
            curl --proto '=https' --fail --silent --show-error --location --retry 3 --output "$file" "$url/$file"
        done
    ) || wrong "$url/$archive cannot be downloaded"
    local published actual
    read -r published _ <"$work/$archive.sha256" || true
    actual=$(sum "$work/$archive")
    [[ $published =~ ^[0-9a-f]{64}$ && $published == "$actual" ]] ||
        wrong "$archive is not what was released: its SHA-256 is $actual, not ${published:-known}"
    tar -xzf "$work/$archive" -C "$work" "corslint$exe" || wrong "$archive does not hold corslint"
    binary=$work/corslint$exe
}

sum() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# A number of the summary that ends the JSON report. No text of a finding can stand at the start of a line there.
count() {
    sed -n '/^  "summary": {$/,$s/^    "'"$1"'": \([0-9]*\),*$/\1/p' "$work/report.json"
}

: "${GITHUB_ACTION_PATH:?}" "${GITHUB_OUTPUT:?}"
: "${INPUT_PATHS:=.}" "${INPUT_WORKING_DIRECTORY:=.}" "${INPUT_ANNOTATIONS:=true}" "${INPUT_SUMMARY:=true}"
exe=
[[ ${RUNNER_OS:-} != Windows ]] || exe=.exe
work=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/corslint.XXXXXX")

for name in CONFIG BASELINE SARIF WORKING_DIRECTORY; do
    value=INPUT_$name
    [[ ${!value:-} != *$'\n'* ]] || wrong "a line break in an input that is one path: $name"
done

arguments=(check --format "json=$work/report.json")
if is_true annotations "$INPUT_ANNOTATIONS"; then
    arguments+=(--format github)
else
    arguments+=(--format full)
    # The summary comes with this format; GitHub does not look into the file.
    ! is_true summary "$INPUT_SUMMARY" || arguments+=(--format "github=$work/annotations.txt")
fi
is_true summary "$INPUT_SUMMARY" || unset GITHUB_STEP_SUMMARY
[[ -z ${INPUT_SARIF:-} ]] || arguments+=(--format "sarif=$INPUT_SARIF")
[[ -z ${INPUT_CONFIG:-} ]] || arguments+=(--config "$INPUT_CONFIG")
[[ -z ${INPUT_BASELINE:-} ]] || arguments+=(--baseline "$INPUT_BASELINE")
[[ -z ${INPUT_PERSONA:-} ]] || arguments+=(--persona "$INPUT_PERSONA")
[[ -z ${INPUT_FAIL_ON:-} ]] || arguments+=(--fail-on "$INPUT_FAIL_ON")
arguments+=(--)
while IFS= read -r path; do
    path=${path%$'\r'}
    [[ -z $path ]] || arguments+=("$path")
done <<<"$INPUT_PATHS"

if [[ -n ${INPUT_VERSION:-} ]]; then download "$INPUT_VERSION"; else build; fi
cd -- "$INPUT_WORKING_DIRECTORY" || wrong "there is no directory $INPUT_WORKING_DIRECTORY"

code=0
"$binary" "${arguments[@]}" || code=$?

if [[ -f $work/report.json ]]; then
    errors=$(count errors) warnings=$(count warnings) infos=$(count infos)
    output findings $((errors + warnings + infos))
    output errors "$errors"
    output warnings "$warnings"
fi
if [[ -n ${INPUT_SARIF:-} && -f $INPUT_SARIF ]]; then
    case $INPUT_WORKING_DIRECTORY:$INPUT_SARIF in
    .:* | *:/*) output sarif-file "$INPUT_SARIF" ;;
    *) output sarif-file "${INPUT_WORKING_DIRECTORY%/}/$INPUT_SARIF" ;;
    esac
fi
output exit-code "$code"
exit "$code"
