/** Prints the accuracy table of the README and the cost per call: npx tsx packages/stats/test/print-accuracy.ts */
import { cpus } from 'node:os';
import {
  binomialInterval,
  ksUniform,
  lnBinomialTail,
  lnGamma,
  lnGammaTail,
  lnNormalTail,
  zFromLnP,
} from '../src/index.ts';
import { measureAll } from './accuracy.ts';

const short = (x: number) => x.toExponential(1);
console.log(
  '| function | points | lowest result | error beyond rounding | relative error of p, p > 1e-304 | of 1 - p near 1 |',
);
console.log('|---|---|---|---|---|---|');
for (const a of measureAll()) {
  const cells = [a.lowest, a.beyondRounding, a.relativeOfP, a.relativeNearOne].map(short);
  console.log(`| ${a.family} | ${a.points} | ${cells.join(' | ')} |`);
}

const uniform = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000);
const calls: [string, (i: number) => number][] = [
  ['lnBinomialTail, n = 200', (i) => lnBinomialTail(60 + i, 200, 0.25)],
  ['lnBinomialTail, n = 1000', (i) => lnBinomialTail(300 + i, 1000, 0.25)],
  ['lnBinomialTail, n = 1e6 near the mean', (i) => lnBinomialTail(250_300 + i, 1e6, 0.25)],
  ['lnBinomialTail, n = 1e9 near the mean', (i) => lnBinomialTail(250_003_000 + i, 1e9, 0.25)],
  ['lnGammaTail, shape 10', (i) => lnGammaTail(20 + i, 10)],
  ['lnGammaTail, shape 200', (i) => lnGammaTail(230 + i, 200)],
  ['lnGammaTail, shape 1e6 near the mean', (i) => lnGammaTail(1e6 + 100 + i, 1e6)],
  ['lnNormalTail', (i) => lnNormalTail(1 + i)],
  ['zFromLnP', (i) => zFromLnP(-5 - i)],
  ['lnGamma', (i) => lnGamma(5 + i)],
  ['binomialInterval, n = 1000', (i) => binomialInterval(30 + i, 1000, 0.99)[0]],
  ['ksUniform, 1000 values', () => ksUniform(uniform).lnP],
];
console.log(
  `\nmicroseconds per call, median of 9 rounds; Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}`,
);
for (const [name, call] of calls) {
  const rounds: number[] = [];
  for (let round = 0; round < 9; round++) {
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < 50) for (let i = 0; i < 20; i++, count++) call(i);
    rounds.push(((performance.now() - start) * 1000) / count);
  }
  console.log(`${name}: ${rounds.sort((a, b) => a - b)[4]!.toFixed(1)}`);
}
