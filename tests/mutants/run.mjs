// Takes one rule after the other out of the code and looks whether a test notices: each of
// mutants.json is put into a copy of the sources, built, and judged by the tests of the rules, by the
// simulation, and by the unit tests of what decides. Prints a table; a mutant that survives fails the
// run.
//
//   tests/mutants/run [--only TEXT] [--judges NAMES] [--dir DIRECTORY]
//   tests/mutants/run --places
//
//   --only TEXT       those of that rule, as --only R13, of that letter, as --only W, or with it in the name
//   --judges NAMES    these programs only, as --judges jobs_tests,outbox_tests
//   --dir DIRECTORY   of the copy and its build (default build/mutants)
//   --places          builds nothing: whether the place of each mutant is in the sources, once
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const judges = ['rules_tests', 'governor_rules', 'mirror_rules', 'postgres_rules_tests', 'feed_rules_tests',
  'simulation_tests', 'jobs_tests', 'budget_tests', 'sync_tests', 'mirror_tests', 'postgres_tests',
  'postgres_schema_tests', 'feed_tests', 'outbox_tests', 'outbox_insert_tests'];
const testTimeout = 240_000;

const here = dirname(fileURLToPath(import.meta.url));
const project = resolve(here, '../..');

function refuse(words) {
  console.error(`tests/mutants/run: ${words}\nNext: tests/mutants/run [--only TEXT] [--judges NAMES] [--dir DIRECTORY]`);
  process.exit(64);
}

const mutantsOf = () => JSON.parse(readFileSync(join(here, 'mutants.json'), 'utf8'));
// Its file with the mutant in it; nothing if its place is not there, or more than once.
function mutated(folder, mutant) {
  const path = join(folder, mutant.file);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text.split(mutant.find).length !== 2) return undefined;
  return { path, text, changed: text.replace(mutant.find, () => mutant.replace) };
}

if (process.argv[2] === '--places') {
  const lost = mutantsOf().filter((mutant) => mutated(project, mutant) === undefined);
  for (const { file, name } of lost) console.log(`${file}: the place of the mutant "${name}" is not there, or more than once`);
  process.exit(lost.length > 0 ? 1 : 0);
}

let only = '';
let chosen = judges;
let directory = join(project, 'build/mutants');
for (let i = 2; i < process.argv.length; i += 2) {
  const value = process.argv[i + 1];
  if (value === undefined) refuse(`${process.argv[i]} needs a value`);
  if (process.argv[i] === '--only') only = value;
  else if (process.argv[i] === '--judges') chosen = value.split(',');
  else if (process.argv[i] === '--dir') directory = resolve(value);
  else refuse(`unknown option ${process.argv[i]}`);
}
const unknown = chosen.find((judge) => !judges.includes(judge));
if (unknown !== undefined) refuse(`${unknown} is none of ${judges.join(' ')}`);
const mutants = mutantsOf().filter(
  (mutant) => only === '' || [mutant.rule, mutant.rule[0]].includes(only) || mutant.name.includes(only));
if (mutants.length === 0) refuse(`no mutant has ${only} in its name`);

const sources = join(directory, 'source');
const build = join(directory, 'build');
mkdirSync(sources, { recursive: true });
const run = (program, args, options = {}) =>
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28, ...options });
run('bash', ['-c', 'git ls-files -z | tar -c --null -T - | tar -x -C "$1"', '-', sources], { cwd: project });
run('cmake', ['-S', sources, '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Debug',
  '-DCMAKE_CXX_FLAGS_DEBUG=-O0 -g0', '-DHUBMIRROR_WERROR=OFF', '-DCMAKE_CXX_COMPILER_LAUNCHER=ccache']);

const known = run('ninja', ['-C', build, '-t', 'targets', 'all']).toString();
const targets = chosen.filter((judge) => known.includes(`\n${judge}: `));
const ninja = () =>
  spawnSync('ninja', ['-C', build, '-j', String(availableParallelism()), ...targets], { encoding: 'utf8', maxBuffer: 1 << 28 });

// The name of the first test that fails; empty when all pass.
function judge(target) {
  const done = spawnSync(join(build, 'bin', target), ['--abort-after=1'],
    { encoding: 'utf8', timeout: testTimeout, killSignal: 'SIGKILL', cwd: directory, maxBuffer: 1 << 28 });
  if (done.status === 0) return '';
  if (done.error?.code === 'ETIMEDOUT') return `${target}: does not end`;
  const name = /^TEST CASE: *(.*)$/m.exec(done.stdout ?? '');
  return `${target}: ${name ? name[1] : `ends by ${done.signal ?? done.status}`}`;
}

const clean = ninja();
if (clean.status !== 0) {
  console.error(clean.stdout.slice(-4000));
  process.exit(1);
}
for (const target of targets) {
  const failed = judge(target);
  if (failed !== '') {
    console.error(`tests/mutants/run: without any mutant, ${failed} fails`);
    process.exit(1);
  }
}

const survivors = [];
for (const mutant of mutants) {
  const place = mutated(sources, mutant);
  let verdict = '';
  if (place === undefined) {
    verdict = 'STALE: its place is not in the source, or more than once';
  } else {
    writeFileSync(place.path, place.changed);
    const built = ninja();
    if (built.status !== 0) verdict = 'DOES NOT BUILD';
    for (const target of targets) if (verdict === '') verdict = judge(target);
    writeFileSync(place.path, place.text);
  }
  if (verdict === '') verdict = 'SURVIVES';
  if (/^[A-Z]{2}/.test(verdict)) survivors.push(mutant);
  console.log(`${mutant.rule.padEnd(4)} ${mutant.name.padEnd(66)} ${verdict}`);
}
console.log(`${mutants.length} mutants, ${mutants.length - survivors.length} found, ${survivors.length} not`);
process.exit(survivors.length > 0 ? 1 : 0);
