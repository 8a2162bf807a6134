/** What each kind of check asks, and where to look when it does not hold. @module */

export interface CheckKind {
  /** In a few words: `Marked texts are found`. */
  readonly name: string;
  /** What is asked. */
  readonly asks: string;
  /** What usually breaks it, and what to do. */
  readonly help: string;
}

/** A kind that is not listed gets words, too. */
export const checkKind = (kind: string): CheckKind => (Object.hasOwn(KINDS, kind) ? KINDS[kind] : OTHER);

const KINDS: Readonly<Record<string, CheckKind>> = {
  detection: {
    name: 'Marked texts are found',
    asks: 'Of marked texts of this length, at least the expected share is found at the expected p; the lower bound of the share has to reach it.',
    help: 'Look for: a sampler that never calls the hook, or calls it twice or after truncation; another key, gamma or tokenizer than the detector has; a context that is late by a token or of another row; greedy decoding; requests that opted out. The findings of the gate name what the texts carry instead.',
  },
  strength: {
    name: 'The mark is as strong as expected',
    asks: 'The mean score of a pair, each context once, lies within the expected bounds.',
    help: 'Too low: a smaller bias, a higher weight of other processors, or a part of the traffic without a mark. Too high: the hook is called twice, or the bias is larger than the descriptor says.',
  },
  survival: {
    name: 'The mark survives an attack',
    asks: 'Of marked texts that were attacked, at least the expected share is still found at the expected p.',
    help: 'Compare with detection of the same length: if that fails too, mend it first. Otherwise the mark is too weak, or its context too wide, for texts that are edited so: ask for longer texts, a stronger mark or a narrower context.',
  },
  'false-alarms': {
    name: 'Unmarked texts are left alone',
    asks: 'Of unmarked texts, at most the expected share has a p as small as the threshold.',
    help: 'Look for requests that are marked although they opted out, and for repetitive texts whose copies are counted (dedup off).',
  },
  coverage: {
    name: 'What should be marked is marked',
    asks: 'Of served responses that should carry the mark, at least the expected share does.',
    help: 'The coverage audit says of each response which setting explains that it carries no mark.',
  },
  perplexity: {
    name: 'The mark does not cost fluency',
    asks: 'The perplexity of marked texts over that of unmarked ones, under a reference model, is at most the expected ratio.',
    help: 'A bias that is too large, or a hook that is called twice. A distribution mark should have no cost here.',
  },
  repetition: {
    name: 'The mark does not repeat itself',
    asks: 'Marked texts repeat n-grams no more than unmarked ones, within the expected bound.',
    help: 'A mark that draws the same token whenever a context comes again closes loops: let the sampler skip contexts that it has used.',
  },
  distinct: {
    name: 'The mark does not cost variety',
    asks: 'Marked texts have as many distinct pairs of tokens as unmarked ones, within the expected bound.',
    help: 'A bias that is too large, or a mark that repeats its choices in contexts that come again.',
  },
  length: {
    name: 'The mark does not change lengths',
    asks: 'Marked texts are as long as unmarked ones, within the expected bound.',
    help: 'A bias on the token that ends a text, or on stop words, makes texts shorter or longer.',
  },
  distortion: {
    name: 'The mark keeps the distribution',
    asks: 'The tokens of marked and of unmarked texts come from one distribution.',
    help: 'Look for another temperature, truncation or penalty on marked requests, and for a key that many requests share without a context of their own.',
  },
  choice: {
    name: 'Other seeds give other texts',
    asks: 'One prompt under another seed gives another text.',
    help: 'Decoding is greedy, the temperature is 0, or seeds are ignored: there is little choice left to mark.',
  },
  spoofing: {
    name: 'A simple attack cannot forge the mark',
    asks: 'Of texts that an attacker without the key forges after so many answers, at most the expected share is found.',
    help: 'A narrow context is learned soonest: a wider one, fewer answers for each account, or a second mark under another key make it harder. Text that carries a mark is no proof that the model wrote it.',
  },
  against: {
    name: 'No worse than the baseline',
    asks: 'A two-sample test against the stored baseline finds no significant change for the worse.',
    help: 'Something changed since the baseline was saved: weights, sampler, tokenizer or settings. If the change is wanted, save a new baseline with --save-baseline.',
  },
};

const OTHER: CheckKind = {
  name: 'A check of the strength gate',
  asks: 'What was measured lies within the expected bounds.',
  help: 'The message says what was expected and what was found.',
};
