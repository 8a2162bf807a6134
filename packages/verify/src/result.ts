/** What the gate found: plain JSON, the same for every output. @module */
import type { MarkDescriptor } from '@taggant/core';

/** `undecided`: neither bound was reached with all the texts that the gate may ask for. `skipped`: could not be measured here. */
export type Outcome = 'passed' | 'failed' | 'undecided' | 'skipped';

/** One thing that has to hold. */
export interface CheckResult {
  /** Stable from run to run: `detection/200@1e-6`, `survival/substitute-0.2/200@1e-6`, `against/strength`. */
  readonly id: string;
  /** For people: `TPR at p <= 1e-6, 200 tokens`. */
  readonly title: string;
  readonly outcome: Outcome;
  /** One sentence: what was expected and what was found. */
  readonly message: string;
  readonly measured?: number;
  /** Bounds of what was measured, at the gate's confidence over all looks. */
  readonly interval?: readonly [number, number];
  /** Of a test that nothing is wrong, where that is what is checked. */
  readonly p?: number;
  readonly expected?: { readonly least?: number; readonly most?: number };
  /** How many texts it rests on. */
  readonly n: number;
}

/** A share of texts that were found, with exact bounds at `confidence`. */
export interface Share {
  readonly found: number;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

/** Found texts by length, at one alpha. */
export interface PowerPoint extends Share {
  readonly tokens: number;
  readonly alpha: number;
}

/** Found texts after an attack. */
export interface SurvivalPoint extends Share {
  /** The attack without its rate: `substitute`. */
  readonly attack: string;
  /** Of what the attack changes, 0 to 1; absent where it has none. */
  readonly rate?: number;
  readonly tokens: number;
  readonly alpha: number;
}

/** The result of a gate. */
export interface GateResult {
  readonly gate: 'taggant/1';
  readonly outcome: 'passed' | 'failed' | 'undecided';
  readonly software: { readonly name: string; readonly version: string };
  /** Public parameters. Never a key. */
  readonly mark: MarkDescriptor;
  readonly title: string;
  /** The deployment in words: `tiny-lm`, `module ./serve.mjs`, `gpt-x at api.example.com`. */
  readonly deployment: string;
  readonly seed: number;
  /**
   * `falseFailure`: the chance at most that a gate whose every check holds fails, over all checks and looks. `confidence`: of
   * each bound that lets a check pass, over all looks.
   */
  readonly levels: { readonly falseFailure: number; readonly confidence: number };
  readonly texts: {
    readonly marked: number;
    readonly unmarked: number;
    readonly tokens: number;
    readonly looks: number;
    /** Marked texts that the gate might have asked for. */
    readonly most: number;
  };
  readonly checks: readonly CheckResult[];
  readonly power: readonly PowerPoint[];
  readonly survival: readonly SurvivalPoint[];
  /** Figures that decide nothing, by name: `tokensNeeded` (median, p < .02), `perplexityRatio`, ... */
  readonly figures: Readonly<Record<string, number>>;
  /** Where a check failed: what else the texts carry. Sentences. */
  readonly findings: readonly string[];
}
