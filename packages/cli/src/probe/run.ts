/** `taggant probe run`: asks, keeps every answer, and gives the verdict. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  askedTrigger,
  commitmentFile,
  describeProbe,
  evaluate,
  type Plan,
  Probe,
  type ProbeResult,
  parsePrompts,
} from '@taggant/probes';
import { type FailedAttempt, parseTranscript, printJson, type RunProgress, runPlan } from '@taggant/probes/runner';
import { at, CommandError, complain } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { writeWhole } from '../output.ts';
import { openProbeProgress } from '../progress.ts';
import { commitmentPath } from './commit.ts';
import { atHandOf, type MaterialFlags, openMaterials, sourcesOf } from './materials.ts';
import { readBytes, readPlan } from './plan-file.ts';
import { probePage } from './report.ts';
import { printWords } from './words.ts';

interface Flags extends MaterialFlags {
  readonly out?: string;
  readonly answers?: string;
  readonly apiKeyEnv?: string;
  readonly concurrency: number;
  readonly requestsPerMinute?: number;
  readonly retries: number;
  readonly timeout: number;
  readonly json?: boolean;
}

export async function runPlanFile(path: string, flags: Flags): Promise<void> {
  const file = await readPlan(path);
  const { plan, resolve } = file;
  const folder = flags.out ?? `${path}.run`;
  if (plan.suspect.api !== 'offline' && flags.answers !== undefined) {
    throw new CommandError(`--answers expected an offline plan, got one that asks ${plan.suspect.baseUrl}`);
  }
  const prompts = readBytes(resolve(plan.prompts.file));
  const sources = sourcesOf(file, flags);
  const materials = await openMaterials(plan, sources, flags);
  const { deck } = materials;
  if (deck !== undefined) attempt(path, () => parsePrompts(prompts).map((prompt) => askedTrigger(deck, prompt)));
  const probe = new Probe(plan, materials);
  const progress = await openProbeProgress(plan.prompts.count);
  let isBegun = false;
  const abort = new AbortController();
  const interrupt = () => abort.abort(new CommandError(`interrupted; the same command goes on behind the last answer`));
  process.once('SIGINT', interrupt);
  try {
    const run = await runPlan(plan, {
      prompts,
      atHand: atHandOf(sources, materials),
      folder,
      ...(plan.suspect.api === 'offline'
        ? { answers: readBytes(answersOf(flags)) }
        : { endpoint: { apiKeyVariable: flags.apiKeyEnv, timeoutMs: 1000 * flags.timeout } }),
      concurrency: flags.concurrency,
      requestsPerMinute: flags.requestsPerMinute,
      retries: flags.retries,
      random: Math.random,
      countTokens:
        materials.tokenizer &&
        ((text) => (materials.tokenizer as { encode(text: string): Uint32Array }).encode(text).length),
      decide: (line) => probe.add(line),
      onProgress: ({ used, failed }: RunProgress) => {
        if (!isBegun) sayUncommitted(path, plan, progress.say);
        isBegun = true;
        progress.show({ used, failed, lnSup: used > 0 && plan.stopping === 'e-value' ? probe.lnSup : 0 });
      },
      onRetry: retries(plan, progress.say),
      signal: abort.signal,
    });
    progress.stop();
    const lines = parseTranscript(readBytes(join(folder, 'transcript.jsonl')));
    if (lines.length !== run.used) throw new CommandError(`${folder}: expected ${run.used} lines, got ${lines.length}`);
    const result = evaluate(plan, lines, materials);
    const { end, used, requests, tokens } = run;
    await writeWhole(join(folder, 'run.json'), printJson({ end, used, requests, tokens }), PRIVATE);
    await writeWhole(join(folder, 'result.json'), printJson(result), PRIVATE);
    await writeWhole(join(folder, 'report.html'), await probePage(result, plan), PRIVATE);
    await tell(result, folder, flags);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw at((error as NodeJS.ErrnoException).code === undefined ? path : folder, error);
  } finally {
    progress.stop();
    process.off('SIGINT', interrupt);
  }
}

/** Before the first question; the commitment may lie elsewhere, or be on paper. */
function sayUncommitted(path: string, plan: Plan, say: (line: string) => void): void {
  const file = commitmentPath(path);
  if (!existsSync(file)) say(`warning: no ${file}: nothing was committed to before this run`);
  else if (readBytes(file).toString('utf8') !== commitmentFile(plan)) {
    say(`warning: ${file} is not of this plan: nothing was committed to before this run`);
  }
}

/** Says what is new about failures: another reason, one attempt more than ever, or the same a minute later. */
function retries({ suspect }: Plan, say: (line: string) => void) {
  const host = suspect.baseUrl === undefined ? 'the suspect' : new URL(suspect.baseUrl).host;
  const reasons = new Set<string>();
  let [most, last] = [0, 0];
  return ({ reason, attempt, attempts }: FailedAttempt) => {
    const now = performance.now();
    if (reasons.has(reason) && attempt <= most && now - last < 60_000) return;
    reasons.add(reason);
    [most, last] = [Math.max(most, attempt), now];
    say(`${host}: ${reason}, attempt ${attempt} of ${attempts}`);
  };
}

/** What customers asked, and who they are, may stand there. */
const PRIVATE = 0o600;

async function tell(result: ProbeResult, folder: string, { json }: Flags): Promise<void> {
  await writeWhole('-', json ? `${JSON.stringify(result)}\n` : printWords(describeProbe(result), result.verdict));
  if (!json) await complain(`kept in ${folder}: journal.jsonl, transcript.jsonl, run.json, result.json, report.html`);
  process.exitCode = result.verdict === 'found' ? EXIT.marked : EXIT.inconclusive;
}

function answersOf({ answers }: Flags): string {
  if (answers !== undefined) return answers;
  throw new CommandError('probe run expected --answers: the plan is for answers from a file');
}

/** Before the first answer is paid for. */
function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw at(path, error);
  }
}
