/** A run's work: several prompts at a time, what fails again, and the answers in the plan's order. @module */
import type { Cost, Journal, RunEnd, RunSummary } from '../files/journal.ts';
import { isAnswered, type Outcome, type TranscriptLine } from '../files/transcript.ts';
import { limitOf, type Plan } from '../plan/plan.ts';
import { type Prompt, textsOf } from '../plan/prompts.ts';
import { Budget, type Grant } from './budget.ts';
import type { Ask } from './endpoint.ts';
import { Unanswered } from './errors.ts';
import { backOff, type Clock, Pace, systemClock } from './pace.ts';
import type { Run, RunOptions } from './run.ts';

interface Result {
  readonly i: number;
  readonly outcome: Outcome;
  readonly cost: Cost;
}

/** One run over `prompts`, which stand in the plan's order, as do all numbers here. */
export class Asking {
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #journal: Journal;
  readonly #prompts: readonly Prompt[];
  readonly #outcomes: Map<number, Outcome>;
  readonly #lines: TranscriptLine[] = [];
  readonly #budget: Budget;
  readonly #pace: Pace;
  readonly #clock: Clock;
  /** Ends what is under way; with a reason when that is an error. */
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  /** Failures since the last answer: the endpoint may be down. */
  #doubtful: Result[] = [];
  /** What failed attempts cost, of prompts without an outcome. */
  readonly #attempted = new Map<number, Cost>();
  /** Prompts with a second chance; those that wait for it. */
  readonly #second = new Set<number>();
  readonly #waiting: number[] = [];
  /** Failed attempts of each prompt under way. */
  readonly #underWay = new Map<number, number>();
  /** Whether there is an endpoint: it said something, if only that it is busy. */
  #isHeard: boolean;
  #failed = 0;
  #next = 0;
  #isStopped = false;
  /** Of a request for which the budget had no other attempt. */
  #lastFailure: string | undefined;

  constructor(plan: Plan, options: RunOptions, journal: Journal, prompts: readonly Prompt[]) {
    this.#plan = plan;
    this.#options = options;
    this.#journal = journal;
    this.#prompts = prompts;
    this.#outcomes = new Map(journal.outcomes);
    this.#isHeard = this.#outcomes.size > 0;
    for (const outcome of this.#outcomes.values()) if ('failed' in outcome) this.#failed++;
    this.#budget = new Budget(plan.budget, journal.spent);
    this.#clock = options.clock ?? systemClock;
    this.#pace = new Pace(options.requestsPerMinute ?? Number.POSITIVE_INFINITY, this.#clock);
    this.#signal = AbortSignal.any([this.#ending.signal, ...(options.signal ? [options.signal] : [])]);
  }

  async run(ask: Ask): Promise<Run> {
    const { summary } = this.#journal;
    this.#takeOver(summary?.used);
    if (summary !== undefined) return this.#finished(summary);
    if (!this.#isStopped) {
      try {
        await this.#askAll(ask);
      } catch (error) {
        this.#chargeAttempts();
        throw error;
      }
    }
    if (this.#outcomes.size === 0 && this.#lastFailure !== undefined) throw this.#isMute(this.#lastFailure);
    const end = this.#end();
    this.#journal.end(end);
    return this.#finished(end);
  }

  async #askAll(ask: Ask): Promise<void> {
    this.#report();
    const work = async () => {
      try {
        for (let i = this.#take(); i !== undefined; i = this.#take()) await this.#askOne(i, ask);
      } catch (error) {
        this.#ending.abort(error);
      }
    };
    do {
      await Promise.all(Array.from({ length: this.#options.concurrency ?? 4 }, work));
      if (this.#isStopped) return;
      this.#signal.throwIfAborted();
      if (this.#doubtful.length > 0 && this.#failed === this.#outcomes.size) throw this.#isDown();
      this.#settleDoubts();
    } while (this.#waiting.length > 0 && !this.#budget.isSpent);
  }

  /** The next prompt without an outcome. */
  #take(): number | undefined {
    if (this.#signal.aborted || this.#budget.isSpent) return undefined;
    if (this.#waiting.length > 0) return this.#waiting.shift();
    while (this.#outcomes.has(this.#next)) this.#next++;
    return this.#next < this.#prompts.length ? this.#next++ : undefined;
  }

  async #askOne(i: number, ask: Ask): Promise<void> {
    const texts = textsOf(this.#prompts[i]);
    const most = this.#tokensOf(texts) + (limitOf(this.#plan.suspect) ?? 0);
    const grant = await this.#budget.grant(most);
    if (grant === undefined) return;
    let charged = 0;
    this.#underWay.set(i, 0);
    try {
      const result = await this.#attempts(i, ask, grant, most);
      if (result === undefined) return;
      charged = result.lastTokens;
      if (result.isDoubtful) return this.#doubt(result);
      this.#settleDoubts();
      this.#record(result);
    } finally {
      this.#underWay.delete(i);
      grant.settle(charged);
    }
  }

  /** Undefined when the budget does not reach for another attempt. */
  async #attempts(
    i: number,
    ask: Ask,
    grant: Grant,
    most: number,
  ): Promise<(Result & { lastTokens: number; isDoubtful: boolean }) | undefined> {
    const { retries = 8, waitMs = 500, maxWaitMs = 60_000, random = () => 1 } = this.#options;
    let { requests, tokens } = this.#attempted.get(i) ?? { requests: 0, tokens: 0 };
    for (let attempt = 1; ; attempt++) {
      await this.#pace.turn(this.#signal);
      requests++;
      try {
        const { outcome, tokens: told } = await ask(this.#prompts[i], this.#signal);
        this.#isHeard = true;
        const texts = [...textsOf(this.#prompts[i]), 'reply' in outcome ? outcome.reply : ''];
        const own = this.#tokensOf(texts);
        // The suspect must not choose what it costs: to say much would end the test, to say nothing would lift the budget.
        const ceiling = limitOf(this.#plan.suspect) === undefined ? own : most;
        const lastTokens = Math.min(Math.max(told ?? 0, own), ceiling);
        return { i, outcome, cost: { requests, tokens: tokens + lastTokens }, lastTokens, isDoubtful: false };
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        this.#isHeard ||= !error.isSilent;
        this.#underWay.set(i, attempt);
        const lastTokens = error.charged ? most : 0;
        tokens += lastTokens;
        this.#attempted.set(i, { requests, tokens });
        if (attempt > retries) {
          return { i, outcome: { failed: error.message }, cost: { requests, tokens }, lastTokens, isDoubtful: true };
        }
        if (this.#isNobodyThere()) throw this.#isAbsent(error.message);
        this.#options.onRetry?.({ reason: error.message, attempt: attempt + 1, attempts: retries + 1 });
        const asked = Math.min(error.retryAfterMs ?? 0, maxWaitMs);
        this.#pace.hold(asked);
        await this.#clock.wait(Math.max(asked, backOff(attempt, waitMs, maxWaitMs, random)), this.#signal);
        this.#lastFailure = error.message;
        if (!grant.again(lastTokens)) return undefined;
      }
    }
  }

  #doubt({ i, outcome, cost }: Result): void {
    this.#doubtful.push({ i, outcome, cost });
    if (this.#doubtful.length >= (this.#options.failuresInARow ?? 10)) throw this.#isDown();
  }

  /** The endpoint answers: what failed before is asked again, and what failed then, too, has failed by itself. */
  #settleDoubts(): void {
    const doubtful = this.#doubtful;
    this.#doubtful = [];
    for (const result of doubtful) {
      if (this.#second.has(result.i)) this.#record(result);
      else {
        this.#second.add(result.i);
        this.#waiting.push(result.i);
      }
    }
  }

  /** A wrong address is known after a few attempts; an endpoint that was heard once gets all of them. */
  #isNobodyThere(): boolean {
    return !this.#isHeard && [...this.#underWay.values()].every((failed) => failed >= ATTEMPTS_UNHEARD);
  }

  #isAbsent(reason: string): Error {
    const { size } = this.#underWay;
    return new Error(
      `the endpoint answers nothing: at least ${ATTEMPTS_UNHEARD} attempts at ${size === 1 ? 'a prompt' : `each of ${size} prompts`} failed (${reason}); ${this.#runAgain()}`,
    );
  }

  #isDown(): Error {
    const reasons = new Set(this.#doubtful.map(({ outcome }) => ('failed' in outcome ? outcome.failed : '')));
    const { length } = this.#doubtful;
    return new Error(
      `the endpoint answers nothing: ${length} ${length === 1 ? 'prompt' : 'prompts in a row'} failed (${[...reasons].join(', ')}); ${this.#runAgain()}`,
    );
  }

  /** What was spent on prompts without an outcome, so that the budget holds over starts; with no answer yet, nothing. */
  #chargeAttempts(): void {
    if (this.#outcomes.size === 0 || this.#attempted.size === 0) return;
    const sum = { requests: 0, tokens: 0 };
    for (const { requests, tokens } of this.#attempted.values()) {
      sum.requests += requests;
      sum.tokens += tokens;
    }
    this.#journal.charge(sum);
  }

  /** Nothing was answered, so there is nothing to end: a wrong address does not use up a plan. */
  #isMute(reason: string): Error {
    return new Error(`the endpoint answered nothing before the budget was spent (${reason}); ${this.#runAgain()}`);
  }

  /** Names the host and no path: that may tell who asks. */
  #runAgain(): string {
    const { baseUrl } = this.#plan.suspect;
    return `run again when ${baseUrl === undefined ? 'it' : new URL(baseUrl).host} does`;
  }

  #record({ i, outcome, cost }: Result): void {
    this.#journal.append(i, outcome, cost);
    this.#attempted.delete(i);
    this.#outcomes.set(i, outcome);
    if ('failed' in outcome) this.#failed++;
    this.#takeOver();
    this.#report();
  }

  /** Takes over what is there without a gap, up to the stop. */
  #takeOver(until = this.#prompts.length): void {
    const { decide } = this.#options;
    while (!this.#isStopped && this.#lines.length < until) {
      const i = this.#lines.length;
      const outcome = this.#outcomes.get(i);
      if (outcome === undefined) return;
      const line: TranscriptLine = { i, ...this.#prompts[i], ...outcome };
      this.#lines.push(line);
      if (!isAnswered(line) || decide?.(line) !== 'stop' || this.#plan.stopping === 'fixed') continue;
      this.#isStopped = true;
      this.#ending.abort();
    }
  }

  #end(): RunSummary {
    const used = this.#lines.length;
    const end: RunEnd = this.#isStopped ? 'stopped' : used === this.#prompts.length ? 'complete' : 'budget';
    return { end, used, ...this.#budget.spent };
  }

  #finished(summary: RunSummary): Run {
    const { end, used } = summary;
    if (this.#lines.length !== used || this.#isStopped !== (end === 'stopped')) {
      throw new RangeError(`the run ended (${end}) after ${used} prompts, and now the stopping rule says otherwise`);
    }
    const answered = this.#lines.filter(isAnswered).length;
    return { ...summary, lines: this.#lines, answered, failed: used - answered, unused: this.#outcomes.size - used };
  }

  #report(): void {
    this.#options.onProgress?.({
      asked: this.#outcomes.size,
      used: this.#lines.length,
      failed: this.#failed,
      count: this.#prompts.length,
      spent: this.#budget.spent,
      budget: this.#plan.budget,
    });
  }

  #tokensOf(texts: readonly string[]): number {
    const { countTokens } = this.#options;
    return countTokens === undefined ? 0 : texts.reduce((sum, text) => sum + countTokens(text), 0);
  }
}

const ATTEMPTS_UNHEARD = 3;
