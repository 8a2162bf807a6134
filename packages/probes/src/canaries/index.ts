/** Canaries: equally good answers of which each account is served its own. @module */
export { CanaryAnswers, type CanaryReply, type TriggerAnswers } from './answers.ts';
export { askedTrigger, Deck, type DeckPrompt, deckPrompts, type Trigger, triggerOf, type Variant } from './deck.ts';
export { Drawer, type Draws, drawVariants } from './draw.ts';
export { exampleDeck } from './example-deck.ts';
export {
  type CanaryPower,
  hitsNeeded,
  lnHitsTail,
  type Power,
  type PowerOptions,
  powerOf,
  powerTable,
} from './power.ts';
export { type ServingHead, type ServingRow, servingLines } from './serving.ts';
export {
  type CanaryCandidate,
  type CanaryCurvePoint,
  type CanaryResult,
  type CanaryStatistic,
  type CanaryTestOptions,
  testAnswers,
  testDeck,
} from './test.ts';
