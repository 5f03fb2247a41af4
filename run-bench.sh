#!/usr/bin/env bash
# Restores, builds and runs the benchmarks; see --help. Exit codes: 0 all is well, 1 a benchmark or the build failed,
# 2 the command line or a file it names is wrong.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$root/bench/DatapathKernels.Bench
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
  printf 'error: the .NET SDK 10 is not here; expected "dotnet --list-sdks" to show a 10.0 (https://dotnet.microsoft.com/download)\n' >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [[ -t 2 ]]; then printf 'building...\r' >&2; else printf 'building...\n' >&2; fi
# Who measures has no use for the analyzers, which take as long as the compiler; tests and releases are built with them.
export RunAnalyzers=false
# From the solution's folder, so that its global.json chooses the SDK whatever folder we were called from.
if ! (cd "$root" && dotnet build "$project" --configuration Release --verbosity quiet -nodeReuse:false) >"$log" 2>&1; then
  cat "$log" >&2
  printf 'error: the build failed; expected it to pass as it does in a fresh clone\n' >&2
  exit 1
fi

DATAPATH_COMMAND="./run-bench.sh$(printf ' %q' "$@")"
if [[ $# -eq 0 ]]; then DATAPATH_COMMAND=./run-bench.sh; fi
export DATAPATH_COMMAND

# Code may be optimised from its thirtieth call on instead of after a quiet tenth of a second, here as in the processes of single
# benchmarks: scenarios run in this one.
export DOTNET_TC_CallCountingDelayMs=0
dotnet "$project/bin/Release/net10.0/DatapathKernels.Bench.dll" "$@"
