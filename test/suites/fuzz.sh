#!/bin/sh
# fuzz.sh: every fuzz target for a short time; FUZZ_SECONDS says how long.
cd "$(dirname "$0")/../fuzz" || exit 1
unset MAKEFLAGS MAKELEVEL MFLAGS
exec make -s check FUZZ_SECONDS="${FUZZ_SECONDS:-10}" ${PG_CONFIG:+PG_CONFIG="$PG_CONFIG"}
