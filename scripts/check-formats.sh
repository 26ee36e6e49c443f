#!/usr/bin/env bash
# Holds what corslint writes against the schemas that other people published. Installs what it needs from npm and PyPI,
# below target/. `CORSLINT=path` checks that binary instead of a fresh one.
#
# SARIF: OASIS's schema, as @microsoft/jest-sarif ships it. rdjson: reviewdog's, in @umbrelladocs/rdformat-validator.
# JUnit: Jenkins's XSD, which the sources of pytest hold. Checkstyle, GitLab and the others have none in a registry;
# tests/formats/ looks at their structure.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/target/check-formats
mkdir -p "$tools/out"
if [[ ! -d $tools/node_modules ]]; then
    npm install --silent --no-audit --no-fund --prefix "$tools" \
        @microsoft/jest-sarif@1.0.0-beta.0 @umbrelladocs/rdformat-validator@1.0.1
fi
if [[ ! -x $tools/venv/bin/xmlschema-validate ]]; then
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet 'jsonschema[format]' xmlschema
fi
if [[ ! -f $tools/junit-10.xsd ]]; then
    "$tools/venv/bin/pip" download --quiet --no-deps --no-binary :all: --dest "$tools" pytest
    tar -xzf "$tools"/pytest-*.tar.gz -C "$tools" --strip-components 3 --wildcards '*/testing/example_scripts/junit-10.xsd'
fi
if [[ -z ${CORSLINT:-} ]]; then
    cargo build --release --locked --quiet
    CORSLINT=target/release/corslint
fi
CORSLINT=$(realpath "$CORSLINT")

# A repository with everything that is hard to write down, one where findings are left out, and an empty one.
hostile=$tools/hostile
mkdir -p "$hostile" "$tools/quiet" "$tools/empty"
name=$'::error::n\n%0A,b:c<&">]]>\'|`\e[31m ä.js'
cat >"$hostile/$name" <<'END'
const cors = require('cors');
const app = require('express')();
app.use(cors({ origin: ['https://a.example/\n::error::x', 'https://b.example/]]><b>"&\'', "[x](https://y.example)/"] }));
app.put('/', (req, res) => res.end());
END
cat >"$tools/quiet/a.js" <<'END'
const cors = require('cors');
const app = require('express')();
// corslint: ignore[wildcard-origin, reflected-origin] -- public data
app.use(cors({ origin: true, credentials: true }));
app.put('/', (req, res) => res.end());
END

checked=0
for project in examples/shop fixtures/projects/* "$hostile" "$tools/quiet" "$tools/empty"; do
    [[ -d $project ]] || continue
    out=$tools/out/$(basename "$project")
    (cd "$project" && "$CORSLINT" --fail-on never --isolated \
        --format "sarif=$out.sarif" --format "junit=$out.xml" --format "rdjson=$out.rdjson") || exit 1
    checked=$((checked + 1))
done
"$tools/venv/bin/python" - "$tools/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" "$tools"/out/*.sarif <<'END'
import json, sys
from jsonschema import Draft4Validator, FormatChecker

read = lambda path: json.load(open(path, encoding="utf-8"))
validator = Draft4Validator(read(sys.argv[1]), format_checker=FormatChecker())
errors = [f"{path}: {error.json_path}: {error.message}" for path in sys.argv[2:] for error in validator.iter_errors(read(path))]
sys.exit("\n".join(errors) or None)
END
"$tools/venv/bin/xmlschema-validate" --schema "$tools/junit-10.xsd" "$tools"/out/*.xml
for file in "$tools"/out/*.rdjson; do
    "$tools/node_modules/.bin/rdformat-validator" --silent --strict "$file" || {
        printf '%s is no rdjson\n' "$file" >&2
        exit 1
    }
done
printf '%d reports of each format are valid\n' "$checked"
