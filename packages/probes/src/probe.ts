/**
 * A planned test from its answers to its result: the same plan, answers and materials give the same figures anywhere.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { CanaryKey, Mark, MarkKey, NativeMark, Tokenizer } from '@taggant/core';
import { type DecoyKeyRank, rankAmongKeys, rankAmongMarks } from '@taggant/detector';
import type { Assignment } from './accounts/assignment.ts';
import { type AccountScore, type AccountsResult, testAccounts } from './accounts/test.ts';
import { CanaryAnswers } from './canaries/answers.ts';
import { CanaryBets } from './canaries/bets.ts';
import { askedTrigger, type Deck } from './canaries/deck.ts';
import { type Draws, drawVariants } from './canaries/draw.ts';
import { type CanaryResult, testAnswers } from './canaries/test.ts';
import { exchangeOf } from './exchange.ts';
import { isAnswered, type TranscriptLine } from './files/transcript.ts';
import { planCommitment } from './plan/commitment.ts';
import { type Plan, parsePlan } from './plan/plan.ts';
import { textsOf } from './plan/prompts.ts';
import { Radioactivity, type RadioactivityResult } from './radioactivity.ts';
import type { ServedContexts } from './served/contexts.ts';
import type { EvidenceNumber } from './tally.ts';

/** What a plan is evaluated with, opened. Whether it is what the plan says is for `checkAgainstPlan` to tell. */
export interface ProbeMaterials {
  /** The plan's marks in its order. */
  readonly marks?: readonly Mark[];
  readonly tokenizer?: Tokenizer;
  readonly served?: ServedContexts;
  /** The plan's i-th mark, of another engine, under another key, drawn by `random`, which gives so many bytes. */
  readonly decoyOf?: (i: number, random: (length: number) => Uint8Array) => Mark;
  readonly assignment?: Assignment;
  /** The keys of the assignment's labels, where it has tenants or several epochs. */
  readonly accountKeys?: readonly MarkKey[];
  readonly deck?: Deck;
  readonly canaryKey?: CanaryKey;
}

/** The evidence of one of the plan's marks. */
export interface MarkEvidence extends RadioactivityResult {
  /** Of its key, from the plan. */
  readonly commitment: string;
  /** ln of its p: of the number that the plan says decides, or of its e-value; not corrected for the other marks. */
  readonly lnPDecisive: number;
  /** The key's rank among decoy keys that the plan's nonce gives, on the pairs of the number that decides. */
  readonly decoys?: DecoyKeyRank;
}

/** Who was named; their numbers are secret, and no part of it. */
export interface NamedAccounts extends Omit<AccountsResult, 'named' | 'best'> {
  readonly named: readonly Omit<AccountScore, 'number'>[];
  readonly best: readonly Omit<AccountScore, 'number'>[];
}

/** Plain JSON. */
export interface ProbeResult {
  readonly probe: 'taggant/1';
  /** Commitment of the plan. */
  readonly plan: string;
  readonly title?: string;
  readonly test: Plan['test'];
  /** `nothing-found` says nothing about what the suspect was not trained on. */
  readonly verdict: 'found' | 'nothing-found';
  /**
   * Family-wise over the plan's marks, or accounts. With `e-value` stopping the inverse of the largest e-value; with logs that
   * a tested key marked that of the last.
   */
  readonly lnP: number;
  /**
   * What decides. `p-value`: of all planned answers. `e-value`: the largest, where the run could stop. `final-e-value`: the
   * one at the end, with logs that a tested key marked. `nothing`: such a run that ended before all prompts were asked.
   */
  readonly basis: 'p-value' | 'e-value' | 'final-e-value' | 'nothing';
  readonly alpha: number;
  readonly stopping: Plan['stopping'];
  readonly statistic: Plan['statistic'];
  /** What was served, and whether its logs depend on a tested key; absent where every context counts. */
  readonly logs?: 'marked' | 'independent';
  /** Prompts carry marked text. */
  readonly markedPrompts?: true;
  readonly answers: {
    readonly planned: number;
    readonly used: number;
    readonly answered: number;
    readonly failed: number;
  };
  readonly marks?: readonly MarkEvidence[];
  /** A question of its own, with its own family-wise p. */
  readonly accounts?: NamedAccounts;
  readonly canaries?: CanaryResult;
}

/** Takes answers in the plan's order; asked by a run whether to go on, and in the end for the result. */
export class Probe {
  readonly #plan: Plan;
  readonly #materials: ProbeMaterials;
  readonly #tests: readonly Radioactivity[];
  readonly #canaries: CanaryAnswers | undefined;
  #draws: Draws | undefined;
  #bets: CanaryBets | undefined;
  readonly #counts = { used: 0, answered: 0, failed: 0 };

  /** Throws TypeError for materials that the plan names and that are not there. */
  constructor(plan: Plan, materials: ProbeMaterials) {
    this.#plan = parsePlan(plan);
    this.#materials = materials;
    const { statistic, served, prompts } = this.#plan;
    if (served !== undefined) {
      const { retokenized, texts } = needed(materials.served, 'served').counts;
      if (served.logs === 'marked' && retokenized > 0) {
        throw new RangeError(
          `"served" expected token ids as they were generated, in logs that a tested key marked, got ${retokenized} of ${texts} texts that were tokenized again`,
        );
      }
    }
    if (this.#plan.accounts !== undefined) {
      needed(materials.assignment, 'assignment');
      const [mark] = materials.marks ?? [];
      if (mark !== undefined && mark.descriptor.mark !== 'taggant/1') {
        throw new RangeError(`"plan.marks" expected a native mark first beside "accounts", got ${mark.title}`);
      }
    }
    this.#canaries = this.#plan.test === 'canaries' ? new CanaryAnswers(needed(materials.deck, 'deck')) : undefined;
    const options = {
      dedup: statistic,
      served: materials.served,
      weights: served?.weights,
      markedPrompts: prompts.marked,
    };
    this.#tests = this.#canaries
      ? []
      : needed(materials.marks, 'marks').map((mark) => new Radioactivity(mark, options));
  }

  /** One line of the transcript. `stop`: the e-value has reached 1 / alpha, and the plan lets it decide. */
  add(line: TranscriptLine): 'go on' | 'stop' {
    this.#counts.used++;
    if (isAnswered(line)) {
      this.#counts.answered++;
      const exchange = {
        shown: textsOf(line),
        reply: line.reply,
        finish: line.finish,
        // Where answers come from a file nobody knows; a token too few costs next to nothing.
        continues: line.prompt !== undefined && this.#plan.suspect.api !== 'chat',
      };
      if (this.#tests.length > 0) {
        const ids = exchangeOf(exchange, needed(this.#materials.tokenizer, 'tokenizer'));
        for (const test of this.#tests) test.add(ids);
      }
    } else this.#counts.failed++;
    if (this.#canaries) {
      const trigger = askedTrigger(this.#canaries.deck, line);
      this.#canaries.add({ trigger, reply: isAnswered(line) ? line.reply : undefined });
    }
    return this.#plan.stopping === 'e-value' && this.lnSup >= -Math.log(this.#plan.alpha) ? 'stop' : 'go on';
  }

  /** ln of the largest e-value so far, corrected for the plan's marks; of canaries the best account's, corrected for all. */
  get lnSup(): number {
    if (this.#canaries) return this.#lnSupOfBets(this.#canaries);
    return Math.max(...this.#tests.map(({ lnSup }) => lnSup)) - Math.log(this.#tests.length);
  }

  result(): ProbeResult {
    const { title, test, alpha, stopping, statistic, prompts, served, accounts } = this.#plan;
    const basis = this.#basis;
    const marks = this.#tests.map((test, i) => this.#evidenceOf(test, i));
    const canaries = this.#canaries && this.#testDeck(this.#canaries);
    const lnP = canaries
      ? canaries.lnP
      : Math.min(0, least(marks.map(({ lnPDecisive }) => lnPDecisive)) + Math.log(marks.length));
    const isTrusted = marks.every(({ decoys }) => decoys === undefined || decoys.ks.lnP > LEAST_UNIFORM);
    return withoutSecrets({
      probe: 'taggant/1',
      plan: planCommitment(this.#plan),
      ...(title === undefined ? {} : { title }),
      test,
      verdict: lnP <= Math.log(alpha) && isTrusted ? 'found' : 'nothing-found',
      lnP,
      basis,
      alpha,
      stopping,
      statistic,
      ...(served && { logs: served.logs }),
      ...(prompts.marked ? { markedPrompts: true as const } : {}),
      answers: { planned: prompts.count, ...this.#counts },
      ...(canaries ? { canaries: withoutInnocents(canaries, alpha) } : { marks }),
      // Their p-values are for all answers, and need a law that the decoys do not contradict.
      ...(accounts && !canaries && basis === 'p-value' && isTrusted ? { accounts: this.#accounts() } : {}),
    });
  }

  #evidenceOf(test: Radioactivity, i: number): MarkEvidence {
    const { marks = [], statistic, decoys } = this.#plan;
    const result = test.result();
    const number = statistic === 'context' ? result.audit : result.power;
    return {
      ...result,
      commitment: marks[i].commitment,
      lnPDecisive: this.#decisive(test, number),
      ...(decoys > 0 && number.n > 0 ? { decoys: this.#rank(test, i, decoys) } : {}),
    };
  }

  /**
   * What decides. Where a fixed run ended early, or answers of a file say that they failed, somebody may have chosen the moment; where
   * prompts carry marked text, how many contexts count depends on the key. Only e-values allow for that.
   */
  get #basis(): ProbeResult['basis'] {
    const { stopping, served, prompts, suspect } = this.#plan;
    const isWhole = this.#counts.used === prompts.count && !(suspect.api === 'offline' && this.#counts.failed > 0);
    if (served?.logs === 'marked') return isWhole ? 'final-e-value' : 'nothing';
    return stopping === 'fixed' && isWhole && !prompts.marked ? 'p-value' : 'e-value';
  }

  #decisive({ lnE, lnSup }: Radioactivity, { lnP, weighted }: EvidenceNumber): number {
    switch (this.#basis) {
      case 'p-value':
        return weighted?.lnP ?? lnP;
      case 'e-value':
        return 0 - lnSup;
      case 'final-e-value':
        return Math.min(0, 0 - lnE);
      case 'nothing':
        return 0;
    }
  }

  #rank(test: Radioactivity, i: number, count: number): DecoyKeyRank {
    const mark = needed(this.#materials.marks, 'marks')[i];
    const pairs = test.pairs();
    const random = decoyBytes(this.#plan.nonce, i);
    if (mark.descriptor.mark === 'taggant/1') return rankAmongKeys(pairs, mark, count, () => random(32));
    const decoyOf = needed(this.#materials.decoyOf, 'decoyOf');
    return rankAmongMarks(
      pairs,
      mark,
      (function* () {
        for (let k = 0; k < count; k++) yield decoyOf(i, random);
      })(),
    );
  }

  #accounts(): NamedAccounts {
    const { marks, assignment, accountKeys: keys } = this.#materials;
    const [mark] = needed(marks, 'marks');
    const pairs = this.#tests[0].pairs('context');
    const { alpha } = this.#plan;
    const result = testAccounts(pairs, mark as NativeMark, needed(assignment, 'assignment'), { alpha, keys });
    const isNamed = new Set(result.named.map(({ kind, id }) => `${kind} ${id}`));
    const masked = result.best.map((one) =>
      isNamed.has(`${one.kind} ${one.id}`) ? one : { ...withoutTenant(one), id: NOT_NAMED },
    );
    const labels = result.labels.map(({ tenant: _, ...one }) => withoutTenant(one));
    return { ...result, best: masked, labels, decoys: result.decoys.map(withoutTenant) };
  }

  #testDeck(answers: CanaryAnswers): CanaryResult {
    const number = this.#plan.statistic === 'context' ? 'hits' : 'counts';
    const statistic = this.#basis === 'p-value' ? number : 'e-value';
    return testAnswers(answers, this.#drawn(), { statistic, curve: true });
  }

  #lnSupOfBets(answers: CanaryAnswers): number {
    const { accounts, variants } = this.#drawn();
    this.#bets ??= new CanaryBets(answers.deck.sizes, variants);
    return this.#bets.follow(answers).lnSup - Math.log(accounts.length);
  }

  #drawn(): Draws {
    const { deck, canaryKey, assignment } = this.#materials;
    const names = assignment?.accounts.map(({ id }) => id) ?? [EVERYBODY];
    this.#draws ??= drawVariants(needed(deck, 'deck'), needed(canaryKey, 'canaryKey'), names);
    return this.#draws;
  }
}

/**
 * The result of a whole transcript.
 *
 * @example
 * const { verdict, lnP } = evaluate(plan, parseTranscript(bytes), { marks: [mark], tokenizer });
 */
export function evaluate(plan: Plan, lines: readonly TranscriptLine[], materials: ProbeMaterials): ProbeResult {
  const probe = new Probe(plan, materials);
  for (const line of lines) probe.add(line);
  return probe.result();
}

/** A tenant's key has the label `tenant/epoch`: the epoch alone names nobody. */
const withoutTenant = <T extends { readonly label?: string }>(one: T): T =>
  one.label === undefined ? one : { ...one, label: one.label.replace(/^.*\//, '') };

/** The account of a deck that everybody was served alike. */
export const EVERYBODY = 'everybody';

/**
 * Bytes that the plan fixes and that are independent of every key: for mark i, SHA-256 of the ASCII texts
 * `taggant/decoys/1/NONCE/i/k`, k = 0, 1, ..., one after the other; each call begins with a new block.
 */
function decoyBytes(nonce: string, i: number): (length: number) => Uint8Array {
  let k = 0;
  return (length) => {
    const bytes = new Uint8Array(32 * Math.ceil(length / 32));
    for (let at = 0; at < bytes.length; at += 32)
      bytes.set(sha256(utf8ToBytes(`taggant/decoys/1/${nonce}/${i}/${k++}`)), at);
    return bytes.subarray(0, length);
  };
}

/** Numbers of accounts, and what names keys, are nobody's to publish. */
function withoutSecrets<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutSecrets) as T;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([field]) => field !== 'number' && field !== 'kid');
  return Object.fromEntries(kept.map(([field, part]) => [field, withoutSecrets(part)])) as T;
}

/** Whoever is not found is innocent, and a customer. */
function withoutInnocents(canaries: CanaryResult, alpha: number): CanaryResult {
  const candidates = canaries.candidates.map((one) =>
    canaries.accounts === 1 || one.lnP <= Math.log(alpha) ? one : { ...one, account: NOT_NAMED },
  );
  return { ...canaries, candidates };
}

const NOT_NAMED = '(not named)';
/** Below it the null law is not the one that the decoys follow, and no figure is one. */
const LEAST_UNIFORM = Math.log(1e-6);

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));

function needed<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new TypeError(`"materials.${name}" expected what the plan names, got nothing`);
}
