/** A result in words: both propositions, what speaks for which, and what was left out. @module */
import { describeDecoyKeys, formatAlpha, formatE, formatP } from '@taggant/detector';
import type { MarkEvidence, NamedAccounts, ProbeResult } from './probe.ts';
import type { EvidenceNumber } from './tally.ts';

/** A result for people: plain sentences, without newlines. */
export interface ProbeWords {
  /** Begins with `Found:` or `Nothing found:`. */
  readonly verdict: string;
  /** What the test decides between. */
  readonly propositions: readonly [traced: string, innocent: string];
  /** Figures, decoys, accounts. */
  readonly evidence: readonly string[];
  readonly limits: readonly string[];
}

/**
 * The words of a result.
 *
 * @example
 * describeProbe(result).verdict; // 'Found: ... by chance with p = 3.1e-12.'
 */
export function describeProbe(result: ProbeResult): ProbeWords {
  const { test, marks = [], basis, logs } = result;
  return {
    verdict: verdictOf(result),
    propositions: test === 'canaries' ? CANARY_PROPOSITIONS : MARK_PROPOSITIONS,
    evidence: [
      answersOf(result),
      ...marks.flatMap(markLines),
      ...canaryLines(result),
      ...accountLines(result),
      ...(basis === 'e-value' ? [whyEValue(result)] : []),
      ...(logs === 'marked' ? [MARKED_LOGS] : []),
    ],
    limits: LIMITS,
  };
}

function verdictOf({ verdict, lnP, alpha, basis, accounts }: ProbeResult): string {
  const named = accounts === undefined ? '' : ` ${namedOf(accounts)}`;
  const limit = `alpha = ${formatAlpha(alpha)}`;
  if (verdict === 'found')
    return `Found: the suspect's answers follow our key: ${figureOf(basis, lnP)}, at ${limit}.${named}`;
  const why =
    lnP <= Math.log(alpha)
      ? 'the decoys contradict the null law, and no figure here is to be trusted'
      : `${figureOf(basis, lnP)} does not reach ${limit}`;
  return `Nothing found: ${why}. That does not show that the suspect was not trained on our text.${named}`;
}

function figureOf(basis: ProbeResult['basis'], lnP: number): string {
  switch (basis) {
    case 'p-value':
      return `p = ${formatP(lnP)}`;
    case 'e-value':
      return `an e-value that reached ${formatE(-lnP)}, which is p = ${formatP(lnP, 'up')} at whatever moment one stops`;
    case 'final-e-value':
      return `an e-value of ${formatE(-lnP)} at the end, which is p = ${formatP(lnP, 'up')}`;
    case 'nothing':
      return 'a run that ended before all prompts were asked, with logs that a tested key marked,';
  }
}

function namedOf({ named }: NamedAccounts): string {
  if (named.length === 0) return 'No account is named.';
  return `The answers follow the lists of: ${named.map(({ kind, id }) => `${kind} ${id}`).join(', ')}.`;
}

function answersOf({ answers: { planned, used, answered, failed }, stopping }: ProbeResult): string {
  const rest = failed > 0 ? ` ${failed} failed and count for nothing.` : '';
  const why = stopping === 'fixed' ? 'the budget was spent' : 'the stopping rule or the budget ended the run';
  const end =
    used < planned
      ? `of ${planned} planned, then ${why}`
      : failed === 0
        ? 'all that were planned'
        : `of ${planned} planned`;
  return `${answered} prompts were answered, ${end}.${rest}`;
}

/** Why no p-value decides. */
function whyEValue({ stopping, markedPrompts, answers: { planned, used } }: ProbeResult): string {
  if (stopping === 'e-value') return STOPPED;
  if (used < planned) return CUT;
  return markedPrompts ? MARKED_PROMPTS : LEFT_OUT;
}

function markLines(mark: MarkEvidence): string[] {
  const { title, audit, power, dedup, positions, decoys, served, tokens, anytime } = mark;
  const { shown, notServed } = positions.excluded;
  const filter = served === undefined ? '' : `, ${notServed} in contexts that we never served`;
  const decides = (number: typeof dedup) => (number === dedup ? ', which the plan chose' : '');
  const { lnE, lnSup } = anytime.weighted ?? anytime;
  return [
    `${title}, key ${mark.commitment.slice(0, 16)}: ${figures(audit, 'contexts', mark)} (audit number${decides('context')}); ${figures(power, 'pairs', mark)} (power number${decides('pair')}); e-value ${formatE(lnE)} at the end, ${formatE(lnSup)} at most.`,
    `Of ${tokens} tokens, ${positions.scored} count; ${shown} stand in contexts that the suspect was shown${filter}, ${positions.repeated} repeat, ${positions.withoutContext} lack context.`,
    ...(decoys === undefined ? [] : [describeDecoyKeys(decoys)]),
  ];
}

function figures({ n, score, lnP, excess, weighted }: EvidenceNumber, noun: string, { law }: MarkEvidence): string {
  const weights =
    weighted?.lnP === undefined ? '' : `, weighted by how often they were served p = ${formatP(weighted.lnP)}`;
  const p = `p = ${formatP(lnP)}${weights}`;
  if (law.law !== 'binomial') return `${n} ${noun}, excess ${excess.perPair.toFixed(4)} each, ${p}`;
  const trials = n * law.trials;
  const what = law.trials === 1 ? 'green' : 'bits won';
  return `${score} of ${trials} ${what} in ${n} ${noun}, ${(law.p * trials).toFixed(0)} by chance, ${p}`;
}

function canaryLines({ canaries }: ProbeResult): string[] {
  if (canaries === undefined) return [];
  const { triggers, replies, accounts, expectedHits, candidates, statistic } = canaries;
  const list = candidates.map(
    ({ account, hits, lnPHits, lnPCounts, lnE, lnSup }) =>
      `${account} has ${hits} hits, p = ${formatP(lnPHits)} by first answers, ${formatP(lnPCounts)} by all, e-value ${formatE(lnE)} at the end, ${formatE(lnSup)} at most`,
  );
  return [
    `${triggers.asked} triggers were asked, ${triggers.answered} had a usable answer; of ${replies.count} answers ${replies.usable} name one variant, ${replies.none} none and ${replies.several} several, which count for nothing.`,
    `An innocent suspect hits ${expectedHits.toFixed(2)} drawn variants on average. ${BY[statistic]}; every figure is corrected for ${accounts} account${accounts === 1 ? '' : 's'}: ${list.join('; ')}.`,
  ];
}

function accountLines({ accounts }: ProbeResult): string[] {
  if (accounts === undefined) return [];
  const { named, best, tests, alpha, decoys, proved } = accounts;
  const list = (ones: typeof best) => ones.map(({ kind, id, lnP }) => `${kind} ${id} (p = ${formatP(lnP)})`).join(', ');
  const checked = decoys.map(
    ({ count, highest }) => `the highest of ${count} numbers that nobody has scores ${highest}`,
  );
  return [
    named.length > 0
      ? `The answers follow the lists of ${list(named)}: text that was served to them was in the training. Every p is corrected for all ${tests} numbers.${proved ? '' : ' For tournaments it is measured, not proved, that no other account is favoured.'}`
      : `The best of ${tests} accounts and tiers has p = ${formatP(best[0].lnP)}; to be named takes ${formatAlpha(alpha)}, and more than any number that nobody has.`,
    `As a check, ${checked.join('; ')}; the best account scores ${best[0].score}.`,
  ];
}

const BY = {
  hits: 'First answers decide',
  counts: 'All answers decide',
  'e-value': 'The largest e-value decides',
} as const;
const STOPPED =
  'The run could stop where the evidence was high. Only the e-value allows for that; every p above but its own is for comparison.';
const MARKED_LOGS =
  'The logs were marked with the tested key, so that the number of contexts that count depends on it a little. Only the e-value at the end allows for that, and it decides; every p above is for comparison.';
const CUT =
  'The run ended before all prompts were asked. Somebody may have chosen the moment, so the e-value decides, and every p above but its own is for comparison.';
const MARKED_PROMPTS =
  'Prompts carry marked text, so that the number of contexts that count depends on the key a little. The e-value allows for that, and it decides; every p above is for comparison.';
const LEFT_OUT =
  'Answers of the file failed. Somebody may have chosen the moment from which on they did, so the e-value decides, and every p above but its own is for comparison. Nothing allows for answers that were picked one by one.';
const MARK_PROPOSITIONS = [
  "The suspect's answers depend on our key: it, or a model that it descends from, was trained on text that carries our mark, or its answers were marked with the key.",
  "The suspect's answers do not depend on our key.",
] as const;
const CANARY_PROPOSITIONS = [
  "The suspect's answers depend on our draw: it, or a model that it descends from, was trained on answers that we served.",
  "The suspect's answers do not depend on our draw.",
] as const;
const LIMITS: readonly string[] = [
  'The finding is about the suspect or a model that it descends from: a student of a student carries the trace, too.',
  'It does not say how the text came there: from our service, from the web, or from a third party that had it; nor whether the suspect was trained on it or looked it up while it answered.',
  'It holds if no scored answer was seen before key, marks, prompts and their order were chosen, if prompts carry marked text whole and by the plan, or not at all, if no answer was left out, and if this plan was the only one: ask how many plans there were.',
  'Absence proves nothing: paraphrased, filtered or little text leaves no trace that a test of this size can see.',
  'p is the chance of such answers if they do not depend on our key. It is not the chance that the suspect is innocent.',
  'Whoever holds the key can forge the trace, and so could whoever collected the answers: see who held it, and whether the plan was committed to before.',
];
