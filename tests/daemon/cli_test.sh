#!/usr/bin/env bash
# The command line as a user meets it, against a simulated portal on a port of its own:
#
#   cli_test.sh HUBMIRROR SIMULATED_PORTAL DOCS_FOLDER
set -euo pipefail

hubmirror=$(realpath "$1")
simulated_portal=$(realpath "$2")
docs=$(realpath "$3")
folder=$(mktemp -d)
portal=
stop() {
  if [[ -n $portal ]] && kill "$portal" 2>/dev/null; then wait "$portal" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap stop EXIT
trap 'printf "FAIL: line %d\n" "$LINENO"' ERR
# await COMMAND...: until it succeeds, half a minute at most.
await() {
  local turn
  for ((turn = 0; turn < 300; ++turn)); do
    if "$@" 2>/dev/null; then return; fi
    sleep 0.1
  done
  printf 'FAIL: %s\n' "$*"
  exit 1
}
cd "$folder"

"$simulated_portal" --listen 127.0.0.1:0 --addr-file address --seed 3 --records 300 \
  --switch malformed_token=401 >portal.log 2>&1 &
portal=$!
await test -s address
url=http://$(<address)

checks=0
# expect CODE TEXT COMMAND...: the exit code, and a text that the output or the error must hold.
expect() {
  local code=$1 text=$2 actual=0
  shift 2
  "$@" >out 2>&1 </dev/null || actual=$?
  if [[ $actual != "$code" ]] || ! grep -qF -- "$text" out; then
    printf 'FAIL: %s\nexpected code %s and "%s", got code %s and:\n' "$*" "$code" "$text" "$actual"
    cat out
    exit 1
  fi
  # Every error ends with its next step.
  if ((code != 0)) && ! grep -q '^Next: ' <<<"$(tail -n 1 out)"; then
    printf 'FAIL: no next step: %s\n' "$*" && cat out
    exit 1
  fi
  checks=$((checks + 1))
}

(umask 077 && printf 'simulated-secret\n' >client)
mkdir -m 0700 state
cat >good.yaml <<YAML
version: 1
database: {dsn: "dbname=none"}
api: {base_url: "$url", app_url: "$url"}
state_dir: $folder/state
control: {socket: $folder/control.sock}
portals:
  acme:
    portal_id: 1234567
    daily: 500000
    oauth: {client_id: simulated-client, client_secret: "file:$folder/client"}
  beta: {portal_id: 99, token: "env:TOKEN", objects: [contacts]}
YAML
sed 's/portal_id: 99/portal_id: 1234567/; s/1234567$/7/' good.yaml >beta-right.yaml
sed 's/version: 1/version: 1\nintervall: 5s/' good.yaml >bad.yaml
export TOKEN=pat-na1-simulated-token

expect 0 'hubmirror 0' "$hubmirror" version
expect 0 '"version"' "$hubmirror" version --json
expect 0 'good' "$hubmirror" --config good.yaml config check
expect 0 '"ok": true' "$hubmirror" --config good.yaml config check --json
expect 78 'intervall' "$hubmirror" --config bad.yaml config check
expect 78 'intervall' "$hubmirror" --config bad.yaml portal list
expect 78 'cannot be read' "$hubmirror" --config none.yaml config check
expect 0 'env:TOKEN' "$hubmirror" --config good.yaml config show
expect 0 'json-schema.org' "$hubmirror" config schema
# The reference in docs/ is made by this command; make it again when this differs.
"$hubmirror" config reference | diff -u "$docs/configuration.md" -
expect 0 'companies,contacts,deals,emails,tasks,tickets' "$hubmirror" --config good.yaml portal list
expect 0 '"access": "oauth"' "$hubmirror" --config good.yaml portal list --json

sed 's/contacts/tickets/' good.yaml >other.yaml
expect 0 'beta.objects.tickets' "$hubmirror" --config good.yaml config diff other.yaml
expect 0 'nothing changed' "$hubmirror" --config good.yaml config diff good.yaml
expect 78 'intervall' "$hubmirror" --config good.yaml config diff bad.yaml

# What comes along for watching: runbooks, dashboards, completion.
expect 0 'HubMirrorDown' "$hubmirror" runbook
expect 0 'systemctl status hubmirror' "$hubmirror" runbook hubmirrordown
expect 64 'no alert called Nothing' "$hubmirror" runbook Nothing
expect 0 'boards/hubmirror-fleet.json' "$hubmirror" dashboards export boards
cmp boards/hubmirror-portal.json "$docs/../packaging/grafana/hubmirror-portal.json"
cmp boards/hubmirror.rules.yml "$docs/../packaging/prometheus/hubmirror.rules.yml"
cmp boards/hubmirror.inhibit.yml "$docs/../packaging/prometheus/hubmirror.inhibit.yml"
expect 0 'boards/scrape.yml' "$hubmirror" dashboards export boards --runbooks https://wiki.example.com/h
grep -q 'https://wiki.example.com/h#hubmirrordown' boards/hubmirror.rules.yml
expect 74 'cannot be written' "$hubmirror" dashboards export /proc/none
for shell in bash zsh fish; do expect 0 'support-bundle' "$hubmirror" completion "$shell"; done
expect 64 'tcsh' "$hubmirror" completion tcsh
"$hubmirror" completion bash >completion.sh
complete_words() (
  # shellcheck disable=SC1091
  source ./completion.sh
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _hubmirror
  printf '%s\n' "${COMPREPLY[*]}"
)
[[ $(complete_words hubmirror --config good.yaml sta) == status ]]
[[ $(complete_words hubmirror config '') == 'check show diff schema reference' ]]
[[ $(complete_words hubmirror verify acme --rep) == '--repair --report' ]]
mkdir bin && ln -s "$hubmirror" bin/hubmirror
known() (PATH=$folder/bin:$PATH && complete_words "$@")
[[ $(known hubmirror --config good.yaml status be) == beta ]]
[[ $(known hubmirror --config good.yaml poll acme/con) == acme/contacts ]]
[[ $(known hubmirror runbook HubMirrorDow) == HubMirrorDown ]]
[[ $(known hubmirror --config bad.yaml status be) == '' ]]
[[ $("$hubmirror" --config bad.yaml completion --words portals 2>&1) == '' ]]

# Slips of the pen.
expect 64 'did you mean' "$hubmirror" stauts
# Nothing that was typed or stands in a file steers the terminal that shows it.
shows_only_text() {
  if LC_ALL=C grep -aqP '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]' out; then
    printf 'FAIL: the terminal is steered by: %s\n' "$1" && cat -v out
    exit 1
  fi
}
expect 64 'hubmirror: ' "$hubmirror" $'sta\e[2Jtus\u202e\u009b'
shows_only_text 'a verb that does not exist'
printf 'version: 1\n"a\\e[2J\\u202e\\u009b": 1\n' >hostile.yaml
expect 78 'hostile.yaml' "$hubmirror" --config hostile.yaml config check
shows_only_text 'a key of the configuration'
expect 64 'did you mean contacts' "$hubmirror" --config good.yaml plan --records contcts=5
# json CODE COMMAND...: the error is a document on the standard output, and nothing else is said.
json() {
  local code=$1 actual=0
  shift
  "$@" >out 2>err </dev/null || actual=$?
  if [[ $actual != "$code" || -s err ]] || ! grep -q "\"code\": $code" out; then
    printf 'FAIL: %s: code %s\n' "$*" "$actual" && cat out err
    exit 1
  fi
}
json 64 "$hubmirror" $'sta\e[2Jtus\u202e\u009b' --json
shows_only_text 'an error as JSON'
json 64 "$hubmirror" stauts --json
json 64 "$hubmirror" status --wacth --json
json 78 "$hubmirror" --config bad.yaml portal list --json
json 64 "$hubmirror" --config good.yaml plan nobody --json
json 69 "$hubmirror" --config good.yaml status --json
expect 0 '"portal_id": 99' "$hubmirror" --config good.yaml config show --json

# Doctor: everything but a daemon and a database is well.
expect 1 'HubSpot accepts it' "$hubmirror" --config beta-right.yaml doctor beta
for line in 'warn  running' 'FAIL  connection' 'ok    scopes' 'ok    clock' 'ok    version'; do
  grep -qF -- "$line" out
done
expect 1 'HubSpot is not asked' "$hubmirror" --config beta-right.yaml doctor --offline beta
expect 64 'no portal is called gamma' "$hubmirror" --config good.yaml doctor gamma
expect 0 'support.txt' "$hubmirror" --config beta-right.yaml support-bundle support.txt
grep -q '^== doctor' support.txt
grep -q 'env:TOKEN' support.txt
if grep -qF "$TOKEN" support.txt; then exit 1; fi
[[ $(stat -c %a support.txt) == 600 ]]
# Neither over a file that is there nor through a link.
expect 73 'File exists' "$hubmirror" --config beta-right.yaml support-bundle support.txt
ln -s not-there link.txt
expect 73 'File exists' "$hubmirror" --config beta-right.yaml support-bundle link.txt
[[ ! -e not-there ]]

# A first configuration, and its secret.
expect 64 '--portal-id' "$hubmirror" --config first/new.yaml setup --offline --portal gamma \
  --token "file:$folder/first/token" --dsn dbname=none
printf '%s\n' "$TOKEN" | "$hubmirror" --config first/new.yaml setup --portal gamma --offline \
  --portal-id 1234567 --token "file:$folder/first/token" --dsn dbname=none \
  --objects contacts,deals >out
grep -q '^CREATE SCHEMA IF NOT EXISTS "gamma"' out
[[ $(stat -c %a first/new.yaml first/token | tr '\n' ' ') == '640 400 ' ]]
expect 0 'good' "$hubmirror" --config first/new.yaml config check
expect 73 'is there already' "$hubmirror" --config first/new.yaml setup
printf 'another\n' | "$hubmirror" --config first/new.yaml secret set gamma >out
[[ $(<first/token) == another ]]
# What cannot be one takes the place of no token.
for wrong in 'two words' $'pat\u00e9' "$(printf 'a%.0s' {1..5000})"; do
  if printf '%s\n' "$wrong" | "$hubmirror" --config first/new.yaml secret set gamma 2>err; then
    exit 1
  fi
  grep -q 'nothing was stored' err
done
printf 'a\0b\n' | "$hubmirror" --config first/new.yaml secret set gamma 2>err && exit 1
[[ $(<first/token) == another ]]
printf 'another\r\n' | "$hubmirror" --config first/new.yaml secret set gamma >out
[[ $(<first/token) == another ]]
expect 0 'can be read' "$hubmirror" --config first/new.yaml secret test
expect 1 'TOKEN' env -u TOKEN "$hubmirror" --config good.yaml secret test
expect 64 'OAuth' "$hubmirror" --config good.yaml secret set acme
sed 's#token: .*#token: credential:hubspot.gamma#' first/new.yaml >first/named.yaml
expect 1 'gamma.token is credential:hubspot.gamma' "$hubmirror" --config first/named.yaml \
  secret remove gamma
expect 64 'there is no credential hubspot.gamma' "$hubmirror" --config first/new.yaml \
  secret remove gamma
expect 64 'names neither a portal nor a credential' "$hubmirror" --config first/new.yaml \
  secret remove ../new.yaml
expect 64 'is set where the daemon is started' "$hubmirror" --config good.yaml secret set beta

expect 69 'cannot reach the daemon' "$hubmirror" --config good.yaml status
expect 69 'cannot reach the daemon' "$hubmirror" --config good.yaml poll acme
expect 69 'cannot reach the daemon' "$hubmirror" --socket "$folder/none" reload
expect 78 'intervall' "$hubmirror" --config bad.yaml status

expect 0 'contacts     ok' "$hubmirror" --config beta-right.yaml portal test beta
expect 1 'not the portal_id' "$hubmirror" --config good.yaml portal test beta
expect 1 'Next: store a token that' env TOKEN=pat-na1-wrong "$hubmirror" --config good.yaml \
  portal test beta
expect 78 'TOKEN' env -u TOKEN "$hubmirror" --config good.yaml portal test beta
expect 64 'no portal is called gamma' "$hubmirror" --config good.yaml portal test gamma
expect 64 '--token' "$hubmirror" portal test --token pat-na1-plain
expect 0 '"portal_id": 1234567' "$hubmirror" portal test --token env:TOKEN --base-url "$url" --json
expect 69 'Next: ' "$hubmirror" portal test --token env:TOKEN --base-url http://127.0.0.1:1
chmod 0666 client
expect 77 'client' "$hubmirror" --config good.yaml portal test acme
chmod 0600 client

# The authorization-code flow: once with a browser that comes back, once with a pasted code.
expect 1 'portal authorize' "$hubmirror" --config good.yaml portal test acme
expect 78 'fixed token' "$hubmirror" --config good.yaml portal authorize beta
"$hubmirror" --config good.yaml portal authorize acme --port 0 >authorize.out 2>&1 </dev/null &
authorize=$!
await grep -q '^Waiting' authorize.out
address=$(grep -o "$url/oauth/.*" authorize.out)
[[ $address == *sales-email-read* && $address == *tickets* && $address == *state=* ]]
grep -q 'close this window' <<<"$(curl -sSL "$address")"
wait "$authorize"
grep -q 'acme is authorized' authorize.out
[[ $(stat -c %a state/oauth/acme.json) == 600 ]]
expect 0 'emails       ok' "$hubmirror" --config good.yaml portal test acme

rm -r state/oauth
mkfifo pasted
"$hubmirror" --config good.yaml portal authorize acme \
  --redirect-uri http://localhost:9/callback >authorize.out 2>&1 <pasted &
authorize=$!
exec 3>pasted
await grep -q '^Then paste' authorize.out
printf 'this is nothing\n' >&3
# The simulated portal redirects at once; the address it sends the browser to is what is pasted.
curl -sS -o /dev/null -w '%{redirect_url}\n' "$(grep -o "$url/oauth/.*" authorize.out)" >&3
exec 3>&-
wait "$authorize"
grep -q 'this is no code' authorize.out
[[ -s state/oauth/acme.json ]]

# None of this may have asked HubSpot for more than it allows, or shown a secret.
curl -sS "$url/_control/stats" >stats
for none in '"burst":0' '"search":0' '"daily":0' '"unexpected":0'; do grep -q "$none" stats; done
if grep -qF simulated-secret authorize.out out; then exit 1; fi
printf 'ok: %d commands behaved\n' "$checks"
