/**
 * From what engines log to the probability that a token was drawn with. vLLM's `logprobs_mode` is `raw_logprobs` by
 * default: the model's own distribution, before temperature and truncation. A mark of the draw acts behind them.
 * @module
 */
import type { ServedSettings } from './served.ts';

/** A probability lies between these. */
export type Between = readonly [low: number, high: number];

/**
 * Bounds on the probability of the chosen token after temperature, top-k, min-p and top-p, from the raw ln p of it and
 * of the likeliest tokens at its position (`top`, in any order). Undefined where they would say nothing: no temperature
 * known, a changed distribution, or no `top` where one is needed.
 *
 * With w = p^(1/T) the probability is w over the sum of w of all tokens that truncation keeps. The listed ones that are
 * kept for certain bound that sum from below; all listed ones and the most that the others can weigh, from above.
 *
 * @example
 * finalProbability(Math.log(0.5), { temperature: 1, topP: 0.8 }); // [0.5, 0.625]
 */
export function finalProbability(
  lnChosen: number,
  settings: ServedSettings,
  top?: ArrayLike<number>,
  vocabSize = 2 ** 24,
): Between | undefined {
  const { temperature, topP = 1, topK = 0, minP = 0, reshaped } = settings;
  if (reshaped || temperature === undefined || !(temperature > 0)) return undefined;
  if (top === undefined || top.length === 0) {
    // The tokens kept hold at least topP of the mass; how much k of them hold nobody says.
    if (temperature !== 1 || topK > 0 || minP > 0) return undefined;
    const p = Math.exp(lnChosen);
    return [p, Math.min(1, p / topP)];
  }
  const list = Array.from(top).sort((a, b) => b - a);
  const lnLast = list[list.length - 1];
  if (!list.some((lnP) => Math.abs(lnP - lnChosen) < SAME)) list.push(lnChosen);
  list.sort((a, b) => b - a);
  const weightOf = (lnP: number) => Math.exp((lnP - list[0]) / temperature);
  const weights = list.map(weightOf);
  const chosen = weightOf(lnChosen);
  const most = sum(weights) + weightOfRest(list, lnLast, temperature, vocabSize);
  return [chosen / most, Math.min(1, chosen / keptForCertain(weights, chosen, settings))];
}

/**
 * Every truncation keeps the likeliest tokens. So the chosen one is kept (of equals, let it be the first) and all that
 * are likelier; and the first k within min-p of the likeliest, as long as less than top-p of the mass stands before
 * them, which is at most the share that they have of these tokens alone.
 */
function keptForCertain(weights: readonly number[], chosen: number, settings: ServedSettings): number {
  const { topK = 0, topP = 1, minP = 0 } = settings;
  const candidates = weights.filter((weight, i) => (topK <= 0 || i < topK) && weight >= minP);
  const mass = sum(candidates);
  const at = weights.findIndex((weight) => weight <= chosen * (1 + ROUNDING));
  let before = 0;
  return sum(
    weights.filter((weight, i) => {
      const isKept = i < candidates.length && before < topP * mass * (1 - ROUNDING);
      before += weight;
      return isKept || i <= at;
    }),
  );
}

/**
 * The most that tokens which are not listed can weigh, none of them likelier than the last one listed: at T <= 1 as few
 * of them as possible, at T > 1 all of them equally likely, for p^(1/T) is convex, then concave.
 */
function weightOfRest(list: readonly number[], lnLast: number, temperature: number, vocabSize: number): number {
  const rest = 1 - sum(list.map(Math.exp));
  if (rest <= 0) return 0;
  const lnEach = temperature <= 1 ? lnLast : Math.log(rest / Math.max(1, vocabSize - list.length));
  return Math.exp(Math.log(rest) - lnEach + (lnEach - list[0]) / temperature);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Equal logits, printed as float32: so far apart at most. */
export const SAME = 1e-6;
/** Of two almost equal tokens, or one at the very edge of top-p, either may be kept. */
const ROUNDING = 1e-6;
