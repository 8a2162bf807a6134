/** What can go wrong with one request. Messages are our own words, without anything that came over the wire. @module */

/** The next attempt may succeed. */
export class Unanswered extends Error {
  readonly retryAfterMs?: number;
  /** The server may have worked on it, and counted its tokens. */
  readonly charged: boolean;

  constructor(reason: string, { charged, retryAfterMs }: { charged: boolean; retryAfterMs?: number }) {
    super(reason);
    this.charged = charged;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No attempt will ever succeed: the run ends. */
export class Refused extends Error {}
