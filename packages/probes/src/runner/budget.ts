/** What a run may still spend. @module */
import type { Cost } from '../files/journal.ts';
import type { Plan } from '../plan/plan.ts';

/** Leave to ask one prompt. */
export interface Grant {
  /** The attempt failed and cost so many tokens: whether another one may be sent. */
  again(tokens: number): boolean;
  /** To be called once, with the tokens that the last attempt cost. */
  settle(tokens: number): void;
}

/**
 * Grants prompts in the order in which they are asked for, each with the tokens that an attempt may cost at most. What is
 * granted and not yet settled counts in full, so that the sum stays within the budget, and which prompt is the last does not
 * depend on which answer came first.
 */
export class Budget {
  readonly #limit: Plan['budget'];
  #requests: number;
  #tokens: number;
  #reserved = 0;
  #open = 0;
  #isSpent = false;
  #settled = () => {};
  #queue: Promise<unknown> = Promise.resolve();

  constructor(limit: Plan['budget'], spent: Cost) {
    this.#limit = limit;
    this.#requests = spent.requests;
    this.#tokens = spent.tokens;
  }

  get spent(): Cost {
    return { requests: this.#requests, tokens: this.#tokens };
  }

  /** Whether a request was refused; from then on all are. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** One request, of so many tokens at most; undefined when the budget is spent. */
  grant(tokens: number): Promise<Grant | undefined> {
    const grant = this.#queue.then(() => this.#grant(tokens));
    this.#queue = grant;
    return grant;
  }

  async #grant(tokens: number): Promise<Grant | undefined> {
    while (!this.#isSpent && !this.#hasRoomFor(tokens)) {
      if (this.#open === 0) this.#isSpent = true;
      else await new Promise<void>((resolve) => (this.#settled = resolve));
    }
    if (!this.#takeRequest()) return undefined;
    this.#open++;
    this.#reserved += tokens;
    return {
      again: (cost) => {
        this.#tokens += cost;
        if (!this.#hasRoomFor(0)) this.#isSpent = true;
        return this.#takeRequest();
      },
      settle: (cost) => {
        this.#open--;
        this.#reserved -= tokens;
        this.#tokens += cost;
        this.#settled();
      },
    };
  }

  #hasRoomFor(tokens: number): boolean {
    return this.#tokens + this.#reserved + tokens <= (this.#limit.tokens ?? Number.POSITIVE_INFINITY);
  }

  #takeRequest(): boolean {
    if (this.#requests >= this.#limit.requests) this.#isSpent = true;
    if (!this.#isSpent) this.#requests++;
    return !this.#isSpent;
  }
}
