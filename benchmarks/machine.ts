/** Where a benchmark ran, for the record. @module */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly platform: string;
}

export function machine(): Machine {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() || 'unknown',
    cores: cpus().length,
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
  };
}

export const describeMachine = ({ cpu, cores, node, platform }: Machine): string =>
  `${cpu}, ${cores} cores, node ${node}, ${platform}`;

/** The machine's own file among the records of one kind. */
export function recordFile(kind: 'speed' | 'peers', { cpu, cores }: Machine): string {
  const name = `${cpu}-${cores}-cores`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return fileURLToPath(new URL(`record/${kind}/${name}.json`, import.meta.url));
}

export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
