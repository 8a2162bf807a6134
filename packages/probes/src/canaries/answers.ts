/** What a suspect answered: for each trigger, how often it named which variant. Nothing here knows a draw. @module */
import { type Deck, NONE } from './deck.ts';

/** One answer of the suspect to one trigger, in the order in which they were asked. */
export interface CanaryReply {
  /** The trigger's id. */
  readonly trigger: string;
  /** Absent when the question failed: the trigger was asked all the same. */
  readonly reply?: string;
}

/** The usable answers to one trigger. A reply is usable when it names exactly one variant. */
export interface TriggerAnswers {
  /** The variant of the first usable reply. */
  readonly first: number;
  /** How often each variant was named; those that never were are absent. */
  readonly counts: ReadonlyMap<number, number>;
}

/**
 * Takes in replies one by one. A reply that names no variant or several counts for nothing, but its trigger was asked.
 *
 * @example
 * const answers = new CanaryAnswers(deck);
 * answers.add({ trigger: 'town', reply: 'Alderford, I would say.' }); // 0
 */
export class CanaryAnswers {
  readonly deck: Deck;
  readonly #asked = new Set<number>();
  readonly #answered = new Map<number, { first: number; counts: Map<number, number> }>();
  readonly #replies = { count: 0, usable: 0, none: 0, several: 0 };
  readonly #firsts: { readonly place: number; readonly variant: number }[] = [];
  readonly #history: { readonly place: number; readonly variant: number }[] = [];

  constructor(deck: Deck, replies: Iterable<CanaryReply> = []) {
    this.deck = deck;
    for (const reply of replies) this.add(reply);
  }

  /** The variant that the reply names, or NONE, or SEVERAL. Throws RangeError for a trigger that the deck does not hold. */
  add({ trigger, reply = '' }: CanaryReply): number {
    const place = this.deck.placeOf(trigger);
    const variant = this.deck.variantOf(place, reply);
    this.count(place, variant);
    return variant;
  }

  /** @internal Takes in what a reply to the trigger at `place` was found to name: a variant, NONE or SEVERAL. */
  count(place: number, variant: number): void {
    this.#asked.add(place);
    this.#history.push({ place, variant });
    this.#replies.count++;
    if (variant < 0) {
      this.#replies[variant === NONE ? 'none' : 'several']++;
      return;
    }
    this.#replies.usable++;
    let known = this.#answered.get(place);
    if (known === undefined) {
      known = { first: variant, counts: new Map() };
      this.#answered.set(place, known);
      this.#firsts.push({ place, variant });
    }
    known.counts.set(variant, (known.counts.get(variant) ?? 0) + 1);
  }

  /** Triggers that were asked, by their place in the deck, in the order in which they first were. */
  get asked(): readonly number[] {
    return [...this.#asked];
  }

  /** Triggers with a usable reply, by place, in the order of that reply. */
  get answered(): ReadonlyMap<number, TriggerAnswers> {
    return this.#answered;
  }

  /** @internal The first usable reply of each trigger, in order: what follows them takes the new ones alone. */
  get firsts(): readonly { readonly place: number; readonly variant: number }[] {
    return this.#firsts;
  }

  /** @internal What {@link CanaryAnswers.count} took in, in order: counted anew, it gives the answers at any moment. */
  get history(): readonly { readonly place: number; readonly variant: number }[] {
    return this.#history;
  }

  /** All replies; of these, those that name one variant, none, or several. */
  get replies(): { readonly count: number; readonly usable: number; readonly none: number; readonly several: number } {
    return { ...this.#replies };
  }
}
