/** `taggant probe report`: a result as a page. @module */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Plan, type ProbeResult, parsePlan } from '@taggant/probes';
import { CommandError } from '../errors.ts';
import { isObject, parseJson } from '../input.ts';
import { writeWhole } from '../output.ts';
import { readBytes } from './plan-file.ts';

export async function reportOn(path: string, { out = 'report.html' }: { out?: string }): Promise<void> {
  const isPlan = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const folder = isPlan ? `${path}.run` : path;
  if (isPlan && !existsSync(folder)) {
    throw new CommandError(`${path} has no run yet in ${folder}: give the folder of a run or a bundle`);
  }
  const json = (name: string) => parseJson(readBytes(join(folder, name)).toString('utf8'), join(folder, name));
  const result = json('result.json');
  if (!isObject(result) || result.probe !== 'taggant/1') {
    throw new CommandError(`${join(folder, 'result.json')}: expected the result of a probe`);
  }
  const plan = existsSync(join(folder, 'plan.json')) ? parsePlan(json('plan.json')) : undefined;
  await writeWhole(out, await probePage(result as unknown as ProbeResult, plan));
  await writeWhole('-', `${out}\n`);
}

export async function probePage(result: ProbeResult, plan: Plan | undefined): Promise<string> {
  const { renderProbeReport } = await import('@taggant/report');
  return renderProbeReport({ result, ...(plan && { plan }) });
}
