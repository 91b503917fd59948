#!/usr/bin/env bash
# Shows suyuan at work: first its tools on the sample documents, then the ledger on the scenarios. Every step is
# checked: the exit code and, where two things must be equal, that they are. Ends with 0 only if all held.
#
# SUYUAN names a program to show instead of the one built here.
set -euo pipefail
cd "$(dirname "$0")/.."

samples=docs/samples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

program=${SUYUAN:-${CARGO_TARGET_DIR:-target}/release/suyuan}
[ -x "$program" ] || { echo "no $program: make demo builds it" >&2; exit 3; }

run() {
    "$program" "$@"
}

title() {
    printf '\n== %s\n' "$*"
}

# step EXPECTED_CODE ARGUMENTS…: shows the command and its output, and checks how it ends.
step() {
    local expected=$1 code=0
    shift
    printf '\n$ suyuan'
    local argument
    for argument in "$@"; do
        case "$argument" in
            *[\(\)\ ]*) printf " '%s'" "$argument" ;;
            *) printf ' %s' "${argument#"$work"/}" ;;
        esac
    done
    printf '\n'
    run "$@" 2>&1 | sed "s|$work/||g; s/^/  /" || code=$?
    if [ "$code" != "$expected" ]; then
        echo "demo: this must end with $expected, not $code" >&2
        exit 1
    fi
}

# same WHAT FILE FILE: says that two files are equal, or fails.
same() {
    diff --unified "$2" "$3" || { echo "demo: $1 differ" >&2; exit 1; }
    echo "  => $1: equal"
}

title 'A batch of infant formula, from the tanker to the shop: ten events, and nothing wrong with them'
step 0 epcis validate "$samples/infant-formula.jsonld"

title 'A broken file: each fault with its place, its stable code and what to do; exit code 1'
step 1 epcis validate "$samples/broken.jsonld"

title 'The same in Chinese, of the XML sample'
step 1 --lang zh epcis validate "$samples/broken.xml"

title 'The identity of each event is the hash of its content, not of its spelling: JSON and XML agree'
step 0 epcis hash "$samples/infant-formula.jsonld"
run epcis hash "$samples/infant-formula.jsonld" >"$work/hashes-of-json"
run epcis hash "$samples/infant-formula.xml" >"$work/hashes-of-xml"
same 'the hashes of infant-formula.jsonld and infant-formula.xml' "$work/hashes-of-json" "$work/hashes-of-xml"

title 'JSON to XML to JSON and nothing lost; Digital Links to EPC URNs and the same objects'
step 0 epcis convert "$samples/infant-formula.jsonld" --to xml --output "$work/formula.xml"
step 0 epcis convert "$work/formula.xml" --to json --output "$work/formula.jsonld"
run epcis hash "$work/formula.jsonld" >"$work/hashes-there-and-back"
same 'the hashes before and after' "$work/hashes-of-json" "$work/hashes-there-and-back"
step 0 epcis convert "$samples/infant-formula.jsonld" --to json --epc urn --output "$work/urns.jsonld"
run epcis hash "$work/urns.jsonld" >"$work/hashes-of-urns"
same 'the hashes with Digital Links and with URNs' "$work/hashes-of-json" "$work/hashes-of-urns"

title 'Identifiers: what they are and their other forms; a wrong check digit is refused, not repaired'
step 0 id parse '(01)09521141123454(17)270131(10)L1' 'urn:epc:id:sscc:9521141.0000000011'
step 1 id parse '(01)09521141123455'

title 'The ledger, kept by five nodes: four scenarios captured, traced, proved and checked'
# On a terminal the network runs on until Enter; DEMO_ONCE=1 or a pipe ends it.
run demo "$@"

printf '\nAll steps did what they should.\n'
