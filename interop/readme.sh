#!/usr/bin/env bash
# Runs the commands of the README as a reader would: in a copy of the tree without build outputs, top
# to bottom. What is fenced as sh has to work; what cannot run everywhere is fenced as console.
#
#   interop/readme.sh [MARKDOWN]
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
document=${1:-$root/README.md}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/tree" "$work/blocks"
(cd "$root" && git ls-files -z | tar --null -T - -cf -) | tar -xf - -C "$work/tree"
awk -v to="$work/blocks/" '
  /^```sh$/ { n++; block = 1; next }
  /^```/ { block = 0 }
  block { print > (to sprintf("%03d", n)) }
' "$document"

passed=0
failed=0
for block in "$work"/blocks/*; do
  [ -e "$block" ] || break
  if (cd "$work/tree" && bash -eu "$block") >"$work/log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    sed 's/^/ok   /' "$block"
  else
    failed=$((failed + 1))
    sed 's/^/FAIL /' "$block"
    sed 's/^/     /' "$work/log"
  fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
