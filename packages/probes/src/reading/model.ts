/** What the reading mode asks of a model. @module */

/** A model that says what it would write after every token of a text that it is made to read. */
export interface NextTokenModel {
  /** Longest text that it takes, in tokens; longer ones are read in parts. */
  readonly maxLength?: number;
  /**
   * As many ids as tokens: the i-th is the prediction after tokens 0 to i, the most likely token or a drawn one, and depends on
   * those tokens alone. {@link NO_PREDICTION} where it is no token of the mark's; {@link MISSED} where the model could not be
   * asked at that place.
   */
  predict(tokens: Uint32Array): Promise<Uint32Array>;
}

/** Nothing is scored here. Allowed only where what was read before says so: then the key in this context has no part in it. */
export const NO_PREDICTION = 2 ** 32 - 1;

/**
 * Counts as a pair that scored nothing. For places that are there or not by what comes after them: where another tokenizer's
 * token ends hangs on the next characters, which our key chose. To leave such places out would keep those at which
 * the model guessed what we wrote more often than others, and an innocent model would look guilty.
 */
export const MISSED = 2 ** 32 - 2;
