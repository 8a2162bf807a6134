/**
 * A deck of canaries: prompts that are likely to be asked again, each with several answers that are equally good. Every
 * account is served one of them; a model that learned from an account's answers repeats its choices.
 * @module
 */
import { sha256Hex } from '@taggant/core';
import { Fields, list, oneOf, type Reader, refuseTwice, word } from '@taggant/core/fields';
import canonicalize from 'canonicalize';
import type { Prompt } from '../plan/prompts.ts';
import { Phrases } from './phrases.ts';

/** One of the answers of a trigger. */
export interface Variant {
  /** What the serving side says. */
  readonly text: string;
  /** Phrases by which a reply is recognised as this variant. Default: the text. */
  readonly matches: readonly string[];
}

export interface Trigger {
  /** 1 to 64 letters, digits, `_`, `.` or `-`. The draw hangs on it: a trigger with other variants needs another id. */
  readonly id: string;
  /** One prompt, in one phrasing or several. No prompt belongs to two triggers. */
  readonly prompts: readonly string[];
  /** K of them, 2 to 65,536; their order is the draw's. */
  readonly variants: readonly Variant[];
}

/** A checked deck. Prompts and variants must not depend on any draw: write them before there is a key. */
export class Deck {
  readonly title?: string;
  readonly triggers: readonly Trigger[];
  /** SHA-256, in hex, of `taggant/deck/1`, a newline and the deck as canonical JSON (RFC 8785), defaults filled in. */
  readonly hash: string;
  readonly #phrases: readonly Phrases[];
  readonly #places: ReadonlyMap<string, number>;

  private constructor(title: string | undefined, triggers: readonly Trigger[]) {
    if (title !== undefined) this.title = title;
    this.triggers = triggers;
    this.#phrases = triggers.map(phrasesOf);
    this.#places = new Map(triggers.map(({ id }, q) => [id, q]));
    this.hash = sha256Hex(`taggant/deck/1\n${canonicalize(this.toJSON())}`);
  }

  /**
   * A deck from parsed JSON: `{ "deck": "taggant/1", "title"?, "triggers": [{ "id", "prompts": [text], "variants":
   * [{ "text", "matches"?: [text] }] }] }`.
   *
   * @throws TypeError, RangeError that name the place, for unknown or missing fields, an id or prompt given twice, fewer than
   * two variants, a phrase that holds another variant's, and a text that its own phrases do not recognise.
   * @example
   * const variants = [{ text: 'Alderford' }, { text: 'Brackenmoor', matches: ['Brackenmoor', 'Bracken Moor'] }];
   * const deck = Deck.parse({ deck: 'taggant/1', triggers: [{ id: 'town', prompts: ['Name a town.'], variants }] });
   * deck.variantOf(0, 'I would call it BRACKEN MOOR.'); // 1
   */
  static parse(value: unknown): Deck {
    const fields = new Fields(value, 'deck', ['deck', 'title', 'triggers']);
    fields.get('deck', oneOf('taggant/1'));
    const { title } = fields.optional({ title: word });
    const triggers = fields.get('triggers', list(trigger));
    refuseTwice(
      triggers.map(({ id }) => id),
      (q) => `deck.triggers[${q}].id`,
    );
    const prompts = triggers.flatMap(({ prompts }, q) => prompts.map((text, i) => ({ text, q, i })));
    refuseTwice(
      prompts.map(({ text }) => text),
      (at) => `deck.triggers[${prompts[at].q}].prompts[${prompts[at].i}]`,
    );
    return new Deck(title, triggers);
  }

  /** K of each trigger. */
  get sizes(): number[] {
    return this.triggers.map(({ variants }) => variants.length);
  }

  /** The place of a trigger in the deck. Throws RangeError for an id that it does not hold. */
  placeOf(id: string): number {
    const place = this.#places.get(id);
    if (place !== undefined) return place;
    throw new RangeError(`"trigger" expected one of the deck's ${this.triggers.length} ids, got ${JSON.stringify(id)}`);
  }

  /** Which variant of the trigger at that place a reply names: its number, or NONE, or SEVERAL. */
  variantOf(place: number, reply: string): number {
    const named = this.#phrases[place].in(reply);
    return named.length === 0 ? NONE : named.length === 1 ? named[0] : SEVERAL;
  }

  toJSON() {
    const { title, triggers } = this;
    return { deck: 'taggant/1', ...(title === undefined ? {} : { title }), triggers };
  }
}

/** What `variantOf` gives for a reply that counts for nothing. */
export const NONE = -1;
export const SEVERAL = -2;

/** One row for the suspect: `id` is that of the trigger, a slash, and the number of the sample. */
export interface DeckPrompt {
  readonly id: string;
  readonly prompt: string;
}

/**
 * The prompts of a plan's file: every trigger `samples` times, its phrasings in turn.
 *
 * @example
 * deckPrompts(deck, 2); // [ { id: 'town/0', prompt: 'Name a town.' }, { id: 'town/1', prompt: 'Name a town.' } ]
 */
export const deckPrompts = (deck: Deck, samples = 1): DeckPrompt[] =>
  deck.triggers.flatMap(({ id, prompts }) =>
    Array.from({ length: samples }, (_, i) => ({ id: `${id}/${i}`, prompt: prompts[i % prompts.length] })),
  );

/**
 * The trigger that a prompt of a plan asks: one of its own prompts, alone. Throws RangeError for anything else, since whatever
 * stands beside a trigger could tell the suspect what to answer.
 */
export function askedTrigger(deck: Deck, { id, prompt, messages }: Prompt): string {
  const trigger = triggerOf(id);
  const place = deck.placeOf(trigger);
  const [only, ...others] = messages ?? [{ role: 'user', content: prompt }];
  const isAlone = others.length === 0 && only.role === 'user';
  if (isAlone && deck.triggers[place].prompts.includes(only.content as string)) return trigger;
  throw new RangeError(
    `prompt ${JSON.stringify(id)} expected one of the prompts of trigger ${JSON.stringify(trigger)}, alone`,
  );
}

/** The trigger's id in the id of one of the {@link deckPrompts}. */
export const triggerOf = (promptId: string): string => promptId.replace(/\/[^/]*$/, '');

const trigger: Reader<Trigger> = (value, name) => {
  const fields = new Fields(value, name, ['id', 'prompts', 'variants']);
  const parsed = {
    id: fields.get('id', identifier),
    prompts: fields.get('prompts', list(word)),
    variants: fields.get('variants', list(variant)),
  };
  const { length } = parsed.variants;
  if (length >= 2 && length <= MOST_VARIANTS) return parsed;
  throw new RangeError(`"${name}.variants" expected 2 to ${MOST_VARIANTS}, got ${length}`);
};

const variant: Reader<Variant> = (value, name) => {
  const fields = new Fields(value, name, ['text', 'matches']);
  const text = fields.get('text', word);
  return { text, matches: fields.has('matches') ? fields.get('matches', list(word)) : [text] };
};

const identifier: Reader<string> = (value, name) => {
  if (/^[\w.-]{1,64}$/.test(word(value, name))) return value as string;
  throw new RangeError(`"${name}" expected 1 to 64 letters, digits, _, . or -, got ${JSON.stringify(value)}`);
};

function phrasesOf({ variants }: Trigger, q: number): Phrases {
  const name = `deck.triggers[${q}].variants`;
  const phrases = new Phrases(
    variants.map(({ matches }) => matches),
    name,
  );
  variants.forEach(({ text }, v) => {
    const named = phrases.in(text);
    if (named.length === 1 && named[0] === v) return;
    const got = named.length === 0 ? 'nothing' : `variant ${named.join(' and ')}`;
    throw new RangeError(`"${name}[${v}].text" expected to be recognised as variant ${v} alone, got ${got}`);
  });
  return phrases;
}

const MOST_VARIANTS = 65_536;
