# `just ready` is what CI runs; when it passes here, it passes there.

# Everything CI checks
ready:
    .ci/run

# All tests
test:
    cargo test --release

# Write docs/ and the rule table of README.md from rules/
docs:
    cargo run --quiet --release -- docs

# Time a check beside ripgrep on 20,000 files
bench:
    scripts/bench.sh

# Hold every format against its published schema
formats:
    scripts/check-formats.sh

# Hold the action, the workflows and the hooks against the tools that read them
action:
    scripts/check-action.sh

# Licences, advisories and sources of the dependencies
deny:
    cargo deny check
