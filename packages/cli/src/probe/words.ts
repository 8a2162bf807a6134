/** A probe's result on the terminal. @module */
import { printable } from '@taggant/core';
import type { ProbeResult, ProbeWords } from '@taggant/probes';
import picocolors from 'picocolors';
import { isSeen } from '../output.ts';

export function printWords(
  { verdict, propositions, evidence, limits }: ProbeWords,
  found: ProbeResult['verdict'],
): string {
  const { green, yellow, dim } = picocolors.createColors(isSeen());
  const paint = found === 'found' ? green : yellow;
  const list = (lines: readonly string[]) => lines.map((line) => `  - ${printable(line)}\n`).join('');
  return [
    `${paint(printable(verdict))}\n`,
    `\nBetween\n${list(propositions)}`,
    `\nEvidence\n${list(evidence)}`,
    `\n${dim(`What this does not say\n${list(limits)}`)}`,
  ].join('');
}
