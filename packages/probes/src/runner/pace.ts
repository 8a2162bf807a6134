/** When the next request may be sent. @module */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Clock {
  /** In ms, from any start. */
  now(): number;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** Requests stand at least 60,000 / `perMinute` ms apart, and all wait when the endpoint asks for it. */
export class Pace {
  readonly #gapMs: number;
  readonly #clock: Clock;
  #next = Number.NEGATIVE_INFINITY;

  constructor(perMinute: number, clock: Clock = systemClock) {
    this.#gapMs = 60_000 / perMinute;
    this.#clock = clock;
  }

  /** Returns when the request may be sent. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const turn = Math.max(now, this.#next);
    this.#next = turn + this.#gapMs;
    if (turn > now) await this.#clock.wait(turn - now, signal);
  }

  /** Nothing is sent for so long. */
  hold(ms: number): void {
    this.#next = Math.max(this.#next, this.#clock.now() + ms);
  }
}

/** Exponential back-off with full jitter (Brooker, AWS Architecture Blog 2015): the wait before attempt 1, 2, ..., in ms. */
export const backOff = (attempt: number, baseMs: number, capMs: number, random: () => number): number =>
  random() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
