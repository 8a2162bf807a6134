/**
 * Memory and speed of a set of served contexts:
 * `node --conditions=@taggant/source --import tsx benchmarks/served/run.ts [CONTEXTS] [expected]`, 10^8 by default, the number
 * not told beforehand. Ends with the answers checked: what was added is found, what was not is not.
 * @module
 */
import { ServedContexts } from '../../packages/probes/src/served/contexts.ts';
import { describeMachine, machine } from '../machine.ts';

const wanted = Number(process.argv[2] ?? 1e8);
const expected = process.argv[3] === 'expected' ? wanted : undefined;
const WIDTH = 4;
const TEXT = 1000;
const VOCABULARY = 131_072;

/** Text number i: tokens from a generator that it seeds. Contexts of width 4 over this vocabulary hardly ever repeat. */
function textOf(i: number, vocabulary = VOCABULARY): Uint32Array {
  let state = i + 1;
  return Uint32Array.from({ length: TEXT + WIDTH }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % vocabulary;
  });
}

console.log(describeMachine(machine()));
const served = new ServedContexts({ contextWidth: WIDTH, expected });
const before = process.memoryUsage().rss;
let peak = before;
const start = process.hrtime.bigint();
const texts = Math.ceil(wanted / TEXT);
for (let i = 0; i < texts; i++) {
  served.add(textOf(i));
  if (i % 500 === 0) peak = Math.max(peak, process.memoryUsage().rss);
}
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
const { contexts } = served.counts;
const [table, rss] = [served.bytes, process.memoryUsage().rss].map((bytes) => (bytes / 1e9).toFixed(3));
console.log(`${contexts} contexts (${expected === undefined ? 'grown' : 'size told'}) in ${seconds.toFixed(0)} s:`);
console.log(`  ${((texts * TEXT) / seconds / 1e6).toFixed(2)} M contexts/s, generating them counted in`);
console.log(`  table ${table} GB, ${(served.bytes / contexts).toFixed(2)} bytes a context`);
console.log(`  RSS ${rss} GB, at most ${(peak / 1e9).toFixed(3)} GB (${(before / 1e9).toFixed(3)} GB before)`);

let [missing, found] = [0, 0];
for (let i = 0; i < 1000; i++) {
  const known = textOf(Math.floor((i * texts) / 1000));
  const strange = textOf(texts + i).map((token) => token + VOCABULARY);
  for (let at = 0; at < TEXT; at++) {
    if (served.count(known, at) === 0) missing++;
    if (served.count(strange, at) > 0) found++;
  }
}
console.log(`  of 10^6 that were served ${missing} missing; of 10^6 that were not ${found} found`);
if (missing > 0 || found > 0) process.exitCode = 1;
