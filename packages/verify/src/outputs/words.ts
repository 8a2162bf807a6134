/** A result in words and numbers, the same in every output. @module */
import type { CheckResult, GateResult, Outcome, Share } from '../result.ts';

/**
 * The verdict in a sentence; its first word, to the colon, is the outcome.
 *
 * @example
 * describeGate(result); // 'Failed: 2 of 9 checks do not hold, 1 was skipped.'
 */
export function describeGate({ outcome, checks }: Pick<GateResult, 'outcome' | 'checks'>): string {
  const count = (wanted: Outcome) => checks.filter((check) => check.outcome === wanted).length;
  const [failed, undecided, skipped] = [count('failed'), count('undecided'), count('skipped')];
  const of = `of ${checks.length} ${checks.length === 1 ? 'check' : 'checks'}`;
  const others = [
    failed > 0 && `${failed} ${of} ${failed === 1 ? 'does' : 'do'} not hold`,
    undecided > 0 && `${undecided}${failed > 0 ? '' : ` ${of}`} ${undecided === 1 ? 'is' : 'are'} undecided`,
    failed + undecided === 0 && `${count('passed')} ${of} ${count('passed') === 1 ? 'holds' : 'hold'}`,
    skipped > 0 && `${skipped} ${skipped === 1 ? 'was' : 'were'} skipped`,
  ];
  return `${VERDICTS[outcome]}: ${others.filter(Boolean).join(', ')}.`;
}

/** What the verdict rests on: `96 marked and 96 unmarked texts, 38400 tokens, in 2 looks (at most 256 marked texts).` */
export function describeTexts({ texts: { marked, unmarked, tokens, looks, most } }: Pick<GateResult, 'texts'>): string {
  return `${marked} marked and ${unmarked} unmarked texts, ${tokens} tokens, in ${looks} ${looks === 1 ? 'look' : 'looks'} (at most ${most} marked texts).`;
}

/** What the gate may be wrong by. */
export const describeLevels = ({ levels: { falseFailure, confidence } }: Pick<GateResult, 'levels'>): string =>
  `Bounds at ${exactPercent(confidence)} confidence; a gate whose every check holds fails with probability at most ${exactPercent(falseFailure)}.`;

/** A level must not look like 0 or 1. */
const exactPercent = (share: number): string => `${Number((100 * share).toPrecision(12))} %`;

/** What has to be read first: failed, undecided, passed, skipped; within each as they were. */
export const checksInOrder = (checks: readonly CheckResult[]): readonly CheckResult[] =>
  OUTCOMES.flatMap((outcome) => checks.filter((check) => check.outcome === outcome));

/** What kind of check it is: its id up to the slash. */
export const kindOf = ({ id }: Pick<CheckResult, 'id'>): string => id.split('/', 1)[0];

/** The numbers of a check as they are shown; empty where it has none. */
export interface CheckFigures {
  /** `0.3125`. */
  readonly measured: string;
  /** `0.2213 to 0.4154`, rounded outwards: what is shown holds too. */
  readonly bounds: string;
  /** `at least 0.9`, as the config has it. */
  readonly expected: string;
}

export function checkFigures({ measured, interval, p, expected: { least, most } = {} }: CheckResult): CheckFigures {
  const both = least !== undefined && most !== undefined;
  return {
    measured: measured === undefined ? '' : formatFigure(measured),
    bounds: interval
      ? `${formatFigure(interval[0], 'down')} to ${formatFigure(interval[1], 'up')}`
      : p === undefined
        ? ''
        : `p = ${formatFigure(p)}`,
    expected: both
      ? `${least} to ${most}`
      : least !== undefined
        ? `at least ${least}`
        : most !== undefined
          ? `at most ${most}`
          : '',
  };
}

/** `0.3125 (0.2213 to 0.4154)`. */
export const shareOf = ({ found, n, low, high }: Share): string =>
  n === 0 ? '' : `${formatFigure(found / n)} (${formatFigure(low, 'down')} to ${formatFigure(high, 'up')})`;

/** What a figure of `GateResult.figures` is. */
export const figureName = (name: string): string => (Object.hasOwn(FIGURES, name) ? FIGURES[name] : name);

/**
 * Four digits that count.
 *
 * @example
 * formatFigure(0.89996, 'down'); // '0.8999'
 * formatFigure(0.00001); // '1e-5'
 */
export function formatFigure(value: number, round: 'nearest' | 'down' | 'up' = 'nearest'): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const scale = 10 ** (3 - Math.floor(Math.log10(Math.abs(value))));
  if (!Number.isFinite(scale)) return '0';
  // What is four digits already has to stay as it is.
  const near = Math.round(value * scale);
  const exact = Math.abs(value * scale - near) < 1e-8;
  const digits =
    exact || round === 'nearest' ? near : round === 'down' ? Math.floor(value * scale) : Math.ceil(value * scale);
  const rounded = Number((digits / scale).toPrecision(4));
  return Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

const OUTCOMES: readonly Outcome[] = ['failed', 'undecided', 'passed', 'skipped'];
const VERDICTS: Record<GateResult['outcome'], string> = {
  passed: 'Passed',
  failed: 'Failed',
  undecided: 'Undecided',
};
const FIGURES: Readonly<Record<string, string>> = {
  tokensNeeded: 'tokens needed for p < 0.02, median (MarkMyWords)',
  strength: 'mean score of a pair',
  perplexityRatio: 'perplexity, marked over unmarked',
};
