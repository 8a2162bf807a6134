/** What the gate asks of a deployment, and what it gets. @module */

/** One text to write. */
export interface TextRequest {
  /** Distinct in a run, and the same from run to run: results are compared by it. */
  readonly id: string;
  readonly prompt: string;
  /** 0 to 2^32 - 1: another seed, another text, as far as the deployment has a choice. */
  readonly seed: number;
  /** False asks for the same without a mark, for comparison. */
  readonly marked: boolean;
  readonly maxTokens: number;
}

/** A text that was written. Ids as generated say more than text that is tokenized again. */
export interface TextReply {
  readonly text?: string;
  readonly tokens?: ArrayLike<number>;
  /** The ids of the prompt as the model saw it, template and all: they give context. */
  readonly promptTokens?: ArrayLike<number>;
}

/** What is verified: whatever writes texts that ought to be marked. */
export interface Deployment {
  /** For people: `tiny-lm`, `module serve.mjs`. No secrets. */
  readonly name: string;
  /** One reply for each request, in their order. */
  write(requests: readonly TextRequest[]): Promise<readonly TextReply[]>;
  /** Whether it can write without a mark. Default true. */
  readonly writesUnmarked?: boolean;
  /** Whether it heeds seeds, so that one prompt has several texts. Default true. */
  readonly heedsSeeds?: boolean;
  /** How many marked texts there are at most, where they are given and not written. */
  readonly texts?: number;
}

/** A reply as it is tested. */
export interface Sample {
  readonly id: string;
  readonly prompt: Uint32Array;
  readonly tokens: Uint32Array;
  readonly text: string;
}
