/** A run in a process of its own, to be killed: `run-child.ts CONFIG.json`, which holds plan, folder and options. */
import { readFileSync } from 'node:fs';
import { parsePlan } from '@taggant/probes';
import { runPlan } from '@taggant/probes/runner';
import { atHandOf } from '../plan/plans.ts';

const {
  plan: fields,
  prompts,
  folder,
  options,
  apiKeyVariable,
  timeoutMs,
} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const plan = parsePlan(fields);
const run = await runPlan(plan, {
  prompts: readFileSync(prompts),
  atHand: atHandOf(plan),
  folder,
  endpoint: { apiKeyVariable, timeoutMs },
  onProgress: ({ asked, count }) => console.log(`${asked} of ${count}`),
  ...options,
});
const { lines: _, ...summary } = run;
console.log(JSON.stringify(summary));
