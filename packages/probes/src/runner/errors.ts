/** What can go wrong with one request. Messages are our own words, without anything that came over the wire. @module */

/** The next attempt may succeed. */
export class Unanswered extends Error {
  readonly retryAfterMs?: number;
  /** The server may have worked on it, and counted its tokens. */
  readonly charged: boolean;
  /** No answer came, or a torn one: nobody may be there. */
  readonly isSilent: boolean;

  constructor(
    reason: string,
    { charged, retryAfterMs, isSilent = false }: { charged: boolean; retryAfterMs?: number; isSilent?: boolean },
  ) {
    super(reason);
    this.charged = charged;
    this.isSilent = isSilent;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No attempt will ever succeed: the run ends. */
export class Refused extends Error {}
