/** Plans on disk: JSON, or YAML that says the same. @module */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { refuseFieldsTwice } from '@taggant/core/fields';
import type { EngineMarkFile } from '@taggant/engines';
import { type Plan, parsePlan } from '@taggant/probes';
import { at, CommandError } from '../errors.ts';
import { parseJson } from '../input.ts';
import { holdsKey } from '../mark-file.ts';

export interface PlanFile {
  readonly path: string;
  readonly plan: Plan;
  /** The path of a file that the plan names. */
  resolve(file: string): string;
}

export async function readPlan(path: string): Promise<PlanFile> {
  const text = readBytes(path).toString('utf8');
  const isYaml = /\.ya?ml$/i.test(path);
  const value = isYaml ? await parseYaml(text, path) : parseJson(text, path);
  try {
    if (!isYaml) refuseFieldsTwice(text, 'plan');
    const plan = parsePlan(value);
    refuseKeys(plan);
    return { path, plan, resolve: (file) => join(dirname(path), file) };
  } catch (error) {
    throw at(path, error);
  }
}

/** A file's bytes, with errors in words. */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw at(`cannot read ${path}`, error);
  }
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(text, { uniqueKeys: true });
  } catch {
    throw new CommandError(`${path}: expected YAML, got text that is none`);
  }
}

/** Only the engines know which of their fields are keys; a plan is published in the end. */
function refuseKeys({ marks = [] }: Plan): void {
  const i = marks.findIndex(
    ({ descriptor }) => descriptor.mark !== 'taggant/1' && holdsKey(descriptor as unknown as EngineMarkFile),
  );
  if (i >= 0)
    throw new CommandError(
      `"plan.marks[${i}].descriptor.config" expected no key, got one: use another key from now on`,
    );
}
