/** From what was seen of a response to a class and a sentence. @module */
import type { Mark } from '@taggant/core';
import { formatP } from '@taggant/detector';
import type { Classified, Contradiction, CoverageClass } from './classify.ts';
import { type Expectation, isKnown } from './expectation.ts';
import type { Audit } from './options.ts';
import { type Exemption, exemptionOf, type ServedSettings } from './served.ts';

/** @internal */
export interface Seen extends Pick<Classified, 'n' | 'lnP' | 'lnMissed' | 'share' | 'other'> {
  readonly settings: ServedSettings;
  /** Tokens of the response. */
  readonly positions: number;
  /** Contexts at which a response with one bit of choice per token would on average be found. */
  readonly needed: number;
  readonly expected: Expectation;
  /** Why it need not be marked. */
  readonly exemption: Exemption | undefined;
  /** ln of the chance that sampling gave nothing but the likeliest tokens, where that is out of the question. */
  readonly lnSampled: number | undefined;
  readonly isFound: boolean;
  /** A marked one would be found. */
  readonly isPowerful: boolean;
}

/** @internal */
export function judge(seen: Seen, { mark, beta, whole }: Audit): { class: CoverageClass; because: string } {
  const { settings, n, positions, needed, expected, exemption, lnSampled, isFound, lnMissed, share, other } = seen;
  const p = `p = ${formatP(seen.lnP)}, ${n} contexts`;
  const low = `a marked one would score this low with probability below ${formatP(lnMissed, 'up')}`;
  const isRuledOut = seen.isPowerful || lnMissed <= Math.log(beta);
  const part = `at most ${Math.floor(100 * share[1])} % of the evidence is there`;
  if (isFound) {
    // Against an assumed strength a sure text looks like a diluted one.
    if (share[1] < whole && (isKnown(expected) || settings.speculative))
      return { class: 'diluted', because: `The mark is there (${p}), but ${part}.` };
    return { class: 'marked', because: `The mark is there (${p}).` };
  }
  if (other !== undefined) {
    const name = other.kid === undefined ? other.title : `${other.title}, key ${other.kid}`;
    return { class: 'wrong-key', because: `It carries another mark: ${name} (p = ${formatP(other.lnP)}).` };
  }
  if (exemption !== undefined) {
    const how = settings.temperature === undefined && exemption === 'greedy' && lnSampled !== undefined;
    const why = how ? likeliest(lnSampled, 1) : WHY[exemption];
    return { class: exemption, because: `${why}; no mark was found (${p})${isRuledOut ? `, and ${low}` : ''}.` };
  }
  if (lnSampled !== undefined) {
    return {
      class: 'greedy',
      because: `${likeliest(lnSampled, settings.temperature ?? 1)}; no mark was found (${p}).`,
    };
  }
  if (isRuledOut) {
    const found = `No mark was found (${p}), and ${low}`;
    if (settings.speculative) {
      return { class: 'diluted', because: `${found}; the settings say speculative decoding, and ${part}.` };
    }
    return { class: 'unmarked', because: `${found}${ASSUMING[expected.from]}.` };
  }
  const none = `No mark was found (${p})`;
  const enough = Number.isFinite(needed) ? `; about ${needed} are needed at one bit of choice per token` : '';
  if (n >= needed && expected.least.mean < mark.oneBit.mean) {
    return { class: 'low-entropy', because: `${none}; its tokens were too sure for one to show in so many contexts.` };
  }
  if (n < needed && positions >= needed) {
    return { class: 'repetitive', because: `${none}: its ${positions} tokens repeat themselves${enough}.` };
  }
  return { class: 'too-short', because: `${none}, too few to tell${enough}.` };
}

/** @internal */
export function contradictionOf(found: CoverageClass, seen: Seen, mark: Mark): Contradiction | undefined {
  const { exemption, settings, isFound, other } = seen;
  if (settings.watermark === false) return isFound || other ? 'marked-though-opted-out' : undefined;
  if (exemption !== undefined) {
    const isSaid = exemptionOf(settings) === exemption;
    return isSaid && isFound && mark.acts === 'distribution' ? 'marked-though-impossible' : undefined;
  }
  return NOT_AS_CONFIGURED.has(found) ? 'not-as-configured' : undefined;
}

const likeliest = (lnChance: number, temperature: number) =>
  `Every token is the likeliest, and sampling at temperature ${temperature} gives that with probability below ` +
  formatP(lnChance, 'up');

const WHY: Record<Exemption, string> = {
  'opted-out': 'The request opted out',
  beam: 'Beam search, in which this mark cannot act',
  greedy: 'Greedy decoding, in which this mark cannot act',
};

/** What the claim hangs on. */
const ASSUMING: Record<Expectation['from'], string> = {
  logprobs: ', by the probabilities of its tokens',
  given: ', at the least strength that was measured, which some marked ones do not reach',
  'one-bit': ', if the model had one bit of choice per token',
  entropies: ', going by its entropy',
};

/** `greedy` is among them: without an exemption, the settings said that it was sampled. */
const NOT_AS_CONFIGURED = new Set<CoverageClass>(['unmarked', 'wrong-key', 'diluted', 'greedy']);
