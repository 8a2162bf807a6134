/**
 * Runs a plan: asks its prompts in its order, and keeps every answer on disk from the moment it counts.
 *
 * A run may be killed at any moment and started again with the same arguments: no answered prompt is asked twice, no answer
 * is lost, and the transcript is the same, byte for byte, as without the interruption, as far as the suspect repeats itself.
 * @module
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkInteger, checkPositive } from '@taggant/core';
import { writeWholeFile } from '@taggant/core/whole-file';
import { type Cost, openJournal, type RunSummary } from '../files/journal.ts';
import { takeLock } from '../files/lock.ts';
import { type AnsweredLine, type TranscriptLine, transcriptBytes } from '../files/transcript.ts';
import { planCommitment, sha256OfBytes } from '../plan/commitment.ts';
import { type AtHand, refuseDeviations } from '../plan/deviations.ts';
import { planOrder } from '../plan/order.ts';
import type { Plan } from '../plan/plan.ts';
import { type Prompt, parsePrompts } from '../plan/prompts.ts';
import { Asking } from './asking.ts';
import { type Ask, type EndpointOptions, openEndpoint } from './endpoint.ts';
import { readAnswers } from './offline.ts';
import type { Clock } from './pace.ts';

export interface RunOptions {
  /** The bytes of the plan's file of prompts. */
  readonly prompts: Uint8Array;
  /** What else is at hand; any deviation from the plan is refused. */
  readonly atHand: Omit<AtHand, 'prompts'>;
  /** Where `journal.jsonl` grows, and `transcript.jsonl` appears in the end. Made when its parent is there. */
  readonly folder: string;
  /** Of a plan whose suspect is an endpoint. */
  readonly endpoint?: EndpointOptions;
  /** Of an offline plan: the bytes of a file of answers, `{ id, reply, finish? }` a line. */
  readonly answers?: Uint8Array;
  /** Requests at a time, 1 to 1,000. Default 4. */
  readonly concurrency?: number;
  /** Default: as many as come. */
  readonly requestsPerMinute?: number;
  /**
   * Attempts beyond the first before a prompt is put aside. Default 8. When the endpoint answers others, it gets as many
   * again before it has failed. When nothing at all was heard from it, three for each prompt under way are enough to end the
   * run for now.
   */
  readonly retries?: number;
  /** Back-off: the first wait is up to `waitMs` (default 500), none is above `maxWaitMs` (default 60,000). */
  readonly waitMs?: number;
  readonly maxWaitMs?: number;
  /** So many prompts that fail in a row mean that the endpoint is down, and end the run for now. Default 10. */
  readonly failuresInARow?: number;
  /**
   * Tokens of a text by the mark's tokenizer: for a budget in tokens. An answer costs what the endpoint tells, but no less than
   * this count, and no more than the prompt and the plan's limit to an answer.
   */
  readonly countTokens?: (text: string) => number;
  /**
   * Told every answer in the plan's order, those of an earlier process first, failed prompts left out. `stop` counts where
   * the plan's stopping is `e-value`: the answer is the last, and those behind it that have arrived stay unused.
   */
  readonly decide?: Decide;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Told every failed attempt that is followed by another one. */
  readonly onRetry?: (failure: FailedAttempt) => void;
  readonly signal?: AbortSignal;
  /** In [0, 1], the share of each back-off that is waited. Default: all of it; `Math.random` keeps runs out of step. */
  readonly random?: () => number;
  readonly clock?: Clock;
}

export type Decide = (line: AnsweredLine) => 'go on' | 'stop';

export interface RunProgress {
  /** Prompts that have an answer or have failed; how many of them without a gap; how many failed; how many there are. */
  readonly asked: number;
  readonly used: number;
  readonly failed: number;
  readonly count: number;
  readonly spent: Cost;
  readonly budget: Plan['budget'];
}

export interface FailedAttempt {
  /** Our own words, without anything that came over the wire: `network ECONNREFUSED`, `HTTP 503`. */
  readonly reason: string;
  /** The number of the next attempt at this prompt, and how many there are at most. */
  readonly attempt: number;
  readonly attempts: number;
}

export interface Run extends RunSummary {
  readonly lines: readonly TranscriptLine[];
  readonly answered: number;
  readonly failed: number;
  /** Answers that arrived behind the end. */
  readonly unused: number;
}

/**
 * Asks until every prompt has its answer, the stopping rule says so or the budget is spent. Throws RangeError for any
 * deviation from the plan, Error when the endpoint refuses or is down, and the signal's reason; what was answered stays, and
 * the same call goes on from there.
 *
 * @example
 * const run = await runPlan(plan, { prompts, atHand, folder: 'run', endpoint: { apiKeyVariable: 'SUSPECT_API_KEY' } });
 */
export async function runPlan(plan: Plan, options: RunOptions): Promise<Run> {
  const prompts = parsePrompts(options.prompts);
  const sha256 = sha256OfBytes(options.prompts);
  refuseDeviations(plan, { ...options.atHand, prompts: { sha256, count: prompts.length } });
  checkOptions(plan, options, prompts);
  const ask = openSuspect(plan, options, prompts);
  const inOrder = Array.from(planOrder(prompts.length, plan.order.seed), (at) => prompts[at]);
  if (statSync(options.folder, { throwIfNoEntry: false }) === undefined) mkdirSync(options.folder);
  const release = takeLock(
    join(options.folder, 'run.lock'),
    (owner) => `another run of this plan is under way (process ${owner})`,
  );
  try {
    const journal = openJournal(join(options.folder, 'journal.jsonl'), planCommitment(plan), prompts.length);
    try {
      const run = await new Asking(plan, options, journal, inOrder).run(ask);
      writeWholeFile(join(options.folder, 'transcript.jsonl'), transcriptBytes(run.lines), 0o600);
      return run;
    } finally {
      journal.close();
    }
  } finally {
    release();
  }
}

const openSuspect = ({ suspect }: Plan, { answers, endpoint }: RunOptions, prompts: readonly Prompt[]): Ask =>
  answers === undefined ? openEndpoint(suspect, endpoint) : readAnswers(answers, prompts);

function checkOptions({ suspect, budget, stopping }: Plan, options: RunOptions, prompts: readonly Prompt[]): void {
  const {
    answers,
    countTokens,
    decide,
    concurrency = 4,
    requestsPerMinute = 1,
    retries = 8,
    failuresInARow = 10,
  } = options;
  checkInteger(concurrency, 'concurrency', 1, 1000);
  checkInteger(retries, 'retries', 0, 1000);
  checkInteger(failuresInARow, 'failuresInARow', 1, 2 ** 24);
  checkPositive(requestsPerMinute, 'requestsPerMinute');
  if (stopping === 'e-value' && decide === undefined)
    throw new TypeError('"decide" expected a stopping rule, got none');
  const isOffline = suspect.api === 'offline';
  if (isOffline !== (answers !== undefined)) {
    throw new TypeError(
      `"answers" expected ${isOffline ? 'the bytes of a file' : 'nothing'}: the plan's suspect is ${suspect.api}`,
    );
  }
  if (suspect.api === 'completions' && prompts.some(({ messages }) => messages !== undefined)) {
    throw new TypeError('"prompts" expected texts for a completions endpoint, got conversations');
  }
  if (budget.tokens !== undefined && countTokens === undefined) {
    throw new TypeError('"countTokens" expected a function, for a budget in tokens, got none');
  }
}
