/** Whether a bundle holds what it says: every hash, the order, the end, and every figure anew. @module */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8, parseJson } from '../json-lines.ts';
import { commitmentFile, planCommitment, plannedKeys, sha256OfBytes } from '../plan/commitment.ts';
import { refuseDeviations } from '../plan/deviations.ts';
import { planOrder } from '../plan/order.ts';
import { type Plan, parsePlan } from '../plan/plan.ts';
import { type Prompt, parsePrompts } from '../plan/prompts.ts';
import type { Decide } from '../runner/run.ts';
import { ATTACHED, type BundleFile, MANIFEST, printJson, printManifest } from './bundle.ts';
import { commitmentsOf, type OpenedKey, parseKeys } from './bundle-keys.ts';
import { differences } from './differences.ts';
import { sha256OfFile } from './file-hash.ts';
import { parseRunSummary, type RunSummary } from './journal.ts';
import {
  type AnsweredLine,
  isAnswered,
  parseTranscript,
  printTranscript,
  type TranscriptLine,
  transcriptBytes,
} from './transcript.ts';

/** What a test is computed with, beside plan and transcript. */
export interface Materials {
  /** In the plan's order. */
  readonly keys?: readonly OpenedKey[];
  /** Paths of files. */
  readonly served?: string;
  readonly deck?: string;
  readonly accounts?: string;
}

export interface CheckOptions {
  /** Computes the result anew, as it was computed for the bundle. */
  readonly evaluate: (plan: Plan, lines: readonly TranscriptLine[], materials: Materials) => unknown;
  /** The stopping rule from its beginning, for plans whose stopping is `e-value`. */
  readonly decide?: (plan: Plan, materials: Materials) => Decide | Promise<Decide>;
  /** The version that checks: figures are equal to the last bit if it is the plan's, else to 1e-12 of their size. */
  readonly version: string;
  /** The hash that was published before the test. */
  readonly commitment?: string;
  /** What the bundle does not hold itself. */
  readonly materials?: Materials;
}

/** What is wrong, and with which file. */
export interface Problem {
  readonly file: string;
  readonly what: string;
}

/**
 * The problems of a bundle; none when it holds. One changed byte in any file is one. All files that are not the manifest's are
 * named; after that, the first problem ends the check. The accounts' file is for `evaluate` to hold against its commitment.
 *
 * @example
 * const problems = await checkBundle('opened', { evaluate, version, commitment: published });
 */
export async function checkBundle(folder: string, options: CheckOptions): Promise<Problem[]> {
  let file: BundleFile | typeof MANIFEST = MANIFEST;
  const read = (name: BundleFile) => readFileSync(join(folder, (file = name)));
  const has = (name: BundleFile) => existsSync(join(folder, name));
  try {
    const altered = checkManifest(folder);
    if (altered.length > 0) return altered;
    const plan = parsePlan(jsonOf(read('plan.json'), 'plan.json'));
    expectBytes(read('commitment.json'), commitmentFile(plan), 'what the plan commits to');
    if ((options.commitment ?? planCommitment(plan)) !== planCommitment(plan)) {
      throw new RangeError(`expected the published commitment ${options.commitment}, got ${planCommitment(plan)}`);
    }
    const bytes = read('prompts.jsonl');
    const prompts = parsePrompts(bytes);
    refuseDeviations(plan, { ...asPlanned(plan), prompts: { sha256: sha256OfBytes(bytes), count: prompts.length } });
    const materials: Record<string, unknown> = { ...options.materials };
    if (has('keys.json')) materials.keys = parseKeys(jsonOf(read('keys.json'), 'keys.json'));
    for (const name of ATTACHED) if (has(name)) materials[name] = join(folder, name);
    checkMaterials(plan, materials, (name) => (file = name));
    const lines = checkTranscript(plan, prompts, read('transcript.jsonl'));
    const decide = plan.stopping === 'fixed' ? () => 'go on' as const : await options.decide?.(plan, materials);
    if (decide === undefined) throw new TypeError('the plan has a stopping rule, and none was given to check with');
    const end = checkStop(lines, prompts.length, decide);
    if (has('run.json')) checkRun(plan, parseRunSummary(jsonOf(read('run.json'), 'run.json'), 'run'), lines, end);
    else if (end === 'budget')
      throw new RangeError('expected every prompt, or a run.json that says why it ends before');
    const told = jsonOf(read('result.json'), 'result.json');
    const computed = JSON.parse(printJson(await options.evaluate(plan, lines, materials)));
    const tolerance = options.version === plan.software.version ? 0 : TOLERANCE;
    return differences(computed, told, tolerance).map((what) => ({ file, what }));
  } catch (error) {
    return [{ file, what: error instanceof Error ? error.message : String(error) }];
  }
}

/** Every file that is not as the manifest has it, then the manifest's own bytes. */
function checkManifest(folder: string): Problem[] {
  const expected = printManifest(folder);
  const bytes = readFileSync(join(folder, MANIFEST));
  const { files } = JSON.parse(expected) as { files: Record<string, { sha256: string }> };
  let told: Record<string, { sha256?: unknown } | undefined> = {};
  try {
    told = (JSON.parse(decodeUtf8(bytes, MANIFEST)) as { files: typeof told }).files;
  } catch {
    return [{ file: MANIFEST, what: 'expected JSON with the hashes of all files' }];
  }
  const names = [...new Set([...REQUIRED, ...Object.keys(told ?? {}), ...readdirSync(folder)])].filter(
    (name) => name !== MANIFEST,
  );
  const problems = names.flatMap((file): Problem[] => {
    if (files[file] === undefined) return [{ file, what: 'is missing' }];
    if (told?.[file] === undefined) return [{ file, what: 'is not in the manifest' }];
    const { sha256 } = told[file];
    return sha256 === files[file].sha256
      ? []
      : [{ file, what: `sha256 expected ${sha256}, got ${files[file].sha256}` }];
  });
  if (problems.length > 0 || Buffer.from(expected).equals(bytes)) return problems;
  return [{ file: MANIFEST, what: 'expected the hashes and nothing else, as they are written' }];
}

function checkMaterials(plan: Plan, { keys, served, deck }: Materials, looking: (file: BundleFile) => void): void {
  const planned = asPlanned(plan);
  looking('keys.json');
  if (keys !== undefined) refuseDeviations(plan, { ...planned, keys: commitmentsOf(keys) });
  looking('served');
  if (served !== undefined) refuseDeviations(plan, { ...planned, served: sha256OfFile(served) });
  looking('deck');
  if (deck !== undefined) refuseDeviations(plan, { ...planned, deck: sha256OfFile(deck) });
}

/** The lines, if they are the plan's prompts in its order without a gap. */
function checkTranscript(plan: Plan, prompts: readonly Prompt[], bytes: Uint8Array): TranscriptLine[] {
  const lines = parseTranscript(bytes);
  expectBytes(bytes, transcriptBytes(lines), 'lines as they are written');
  if (lines.length > Math.min(prompts.length, plan.budget.requests)) {
    throw new RangeError(
      `expected at most ${prompts.length} prompts and ${plan.budget.requests} requests, got ${lines.length} lines`,
    );
  }
  const order = planOrder(prompts.length, plan.order.seed);
  lines.forEach((line, i) => {
    const asked = { i, ...prompts[order[i]], failed: '-' };
    if (printTranscript([asked]) !== printTranscript([{ i, ...promptOf(line), failed: '-' }])) {
      throw new RangeError(`line ${i + 1}: expected prompt ${JSON.stringify(asked.id)} as planned, got another`);
    }
    if ('logprobs' in line && plan.suspect.parameters?.logprobs === undefined) {
      throw new RangeError(`line ${i + 1}: expected no logprobs, which the plan does not ask for`);
    }
  });
  return lines;
}

const promptOf = ({ id, prompt, messages }: TranscriptLine): Prompt =>
  messages === undefined ? { id, prompt: prompt as string } : { id, messages };

/** How the transcript ends by the plan's own rule. */
function checkStop(
  lines: readonly TranscriptLine[],
  count: number,
  decide: (line: AnsweredLine) => 'go on' | 'stop',
): RunSummary['end'] {
  const stop = lines.findIndex((line) => isAnswered(line) && decide(line) === 'stop');
  if (stop < 0) return lines.length === count ? 'complete' : 'budget';
  if (stop === lines.length - 1) return 'stopped';
  throw new RangeError(
    `expected the end at line ${stop + 1}, where the stopping rule says so, got ${lines.length} lines`,
  );
}

function checkRun({ budget }: Plan, run: RunSummary, lines: readonly unknown[], end: RunSummary['end']): void {
  if (run.end !== end) throw new RangeError(`expected the end ${end}, got ${run.end}`);
  if (run.used !== lines.length) throw new RangeError(`expected ${lines.length} lines, got ${run.used}`);
  if (run.requests < run.used || run.requests > budget.requests) {
    throw new RangeError(`expected ${run.used} to ${budget.requests} requests, got ${run.requests}`);
  }
  if (end === 'budget' && run.requests < budget.requests && budget.tokens === undefined) {
    throw new RangeError(`expected a spent budget of ${budget.requests} requests, got ${run.requests}`);
  }
}

/** What is at hand when all is as planned. */
const asPlanned = (plan: Plan) => ({
  prompts: plan.prompts,
  keys: plannedKeys(plan),
  tokenizer: plan.tokenizer,
  served: plan.served?.sha256,
  deck: plan.deck?.sha256,
  accounts: plan.accounts?.commitment,
  software: plan.software,
});

function expectBytes(bytes: Uint8Array, expected: string | Iterable<Uint8Array>, what: string): void {
  let at = 0;
  for (const piece of typeof expected === 'string' ? [Buffer.from(expected)] : expected) {
    const end = at + piece.length;
    if (Buffer.compare(bytes.subarray(at, end), piece) !== 0) throw new RangeError(`expected ${what}`);
    at = end;
  }
  if (at < bytes.length) throw new RangeError(`expected ${what}`);
}

/** Of a file that {@link printJson} wrote. In other bytes a field may stand twice, and readers differ in which of the two counts. */
function jsonOf(bytes: Uint8Array, name: BundleFile): unknown {
  const value = parseJson(decodeUtf8(bytes, name), name);
  expectBytes(bytes, printJson(value), 'every field once, as it is written');
  return value;
}

/** Of a figure's size: what versions of an engine's `exp` and `log` may differ by, and no reader can see. */
const TOLERANCE = 1e-12;
const REQUIRED: readonly BundleFile[] = [
  'plan.json',
  'commitment.json',
  'prompts.jsonl',
  'transcript.jsonl',
  'result.json',
];
