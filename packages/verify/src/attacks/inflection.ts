/**
 * English endings, as far as they are regular: `walked` is `walk` + `ed`, and back. Where a rule may be wrong there is
 * no answer: irregular words, and longer words of which the stress decides whether a consonant is doubled (`preferred`,
 * `offered`).
 * @module
 */

/** `base`: as it stands in a dictionary. */
export type Form = 'base' | 'plural' | 's' | 'ed' | 'ing';

/**
 * The form of a word; undefined where no rule is sure.
 *
 * @example
 * inflect('carry', 'ed'); // 'carried'
 * inflect('go', 'ed'); // undefined
 */
export function inflect(lemma: string, form: Form): string | undefined {
  if (form === 'base') return lemma;
  if (!/^[a-z]{2,}$/.test(lemma)) return undefined;
  if (form === 'plural')
    return IRREGULAR_NOUNS.has(lemma) || /(?:[^aeiou]o|fe?|men|[^s]s)$/.test(lemma) ? undefined : withS(lemma);
  if (form === 's') return NO_RULE_FOR_S.has(lemma) ? undefined : withS(lemma);
  if (form === 'ed' && IRREGULAR_VERBS.has(lemma)) return undefined;
  return withSuffix(lemma, form);
}

/** The words that may stand behind a form: each gives it back under `inflect`. */
export function lemmasOf(word: string): { readonly lemma: string; readonly form: Form }[] {
  const found: { lemma: string; form: Form }[] = [{ lemma: word, form: 'base' }];
  for (const [form, suffix] of SUFFIXES) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, -suffix.length);
    const stems = [stem, `${stem}e`, stem.slice(0, -1), stem.replace(/i$/, 'y'), stem.replace(/y$/, 'ie')];
    for (const lemma of new Set(stems)) if (inflect(lemma, form) === word) found.push({ lemma, form });
  }
  return found;
}

function withS(lemma: string): string {
  if (/(?:s|x|z|ch|sh)$/.test(lemma)) return `${lemma}es`;
  return /[^aeiou]y$/.test(lemma) ? `${lemma.slice(0, -1)}ies` : `${lemma}s`;
}

function withSuffix(lemma: string, suffix: 'ed' | 'ing'): string | undefined {
  if (suffix === 'ed' && /[^aeiou]y$/.test(lemma)) return `${lemma.slice(0, -1)}ied`;
  if (suffix === 'ing' && lemma.endsWith('ie')) return `${lemma.slice(0, -2)}ying`;
  if (lemma.endsWith('e')) return suffix === 'ing' && /[eoy]e$/.test(lemma) ? `${lemma}ing` : stemOf(lemma) + suffix;
  if (/^[^aeiou]*[aeiou][^aeiouwxy]$/.test(lemma)) return lemma + lemma.at(-1) + suffix;
  return /[aeiou].*[^aeiou][aeiou][^aeiouwxy]$/.test(lemma) || /c$/.test(lemma) ? undefined : lemma + suffix;
}

const stemOf = (lemma: string) => lemma.slice(0, -1);

const SUFFIXES: readonly (readonly [Form, string])[] = [
  ['plural', 's'],
  ['plural', 'es'],
  ['s', 's'],
  ['s', 'es'],
  ['ed', 'ed'],
  ['ing', 'ing'],
];

const words = (list: string) => new Set(list.split(/\s+/));

const NO_RULE_FOR_S = words('be have do go can may must shall will');

const IRREGULAR_NOUNS =
  words(`man woman child foot tooth goose mouse louse ox person deer sheep fish aircraft series species means people
  police cattle news datum medium criterion phenomenon analysis quiz loaf sheaf thief penny die bison salmon trout
  swine offspring stratum bacterium curriculum memorandum index appendix matrix vertex axis`);

const IRREGULAR_VERBS =
  words(`abide arise awake be bear beat become befall beget begin behold bend beseech beset bet bid bind bite bleed blow
  break breed bring broadcast build burn burst bust buy can cast catch choose cling come cost creep cut deal dig
  dive do draw dream drink drive dwell eat fall feed feel fight find fit flee fling fly forbid forecast foresee
  foretell forget forgive forgo forsake freeze get give go grind grow hang have hear hide hit hold hurt keep kneel
  knit know lay lead lean leap learn leave lend let lie light lose make may mean meet melt mislead mistake
  misunderstand mow must offset outdo outgrow overcome overdo overhear overrun oversee overtake overthrow partake
  pay plead prove put quit read rebuild recast redo repay reset retell rewrite rid ride ring rise run saw say see
  seek sell send set sew shake shall shave shear shed shine shit shoe shoot show shrink shut sing sink sit slay
  sleep slide sling slink slit smell smite sneak sow speak speed spell spend spill spin spit split spoil spread
  spring stand steal stick sting stink strew stride strike string strive swear sweat sweep swell swim swing take
  teach tear tell think thrive throw thrust tread undergo understand undertake undo uphold upset wake wear weave
  wed weep wet will win wind withdraw withhold withstand wring write`);
