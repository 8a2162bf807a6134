/** What happens to a marked text on its way, on purpose or not. @module */
export type { Attack, AttackMaterials, Infill, Paraphraser, Synonyms } from './attack.ts';
export { attackOf } from './attack-of.ts';
export { type EmojiTrickOptions, emojiTrick, type PromptTrick } from './prompt-tricks.ts';
export { ATTACKS, type AttackKind } from './registry.ts';
export { countWords, type WordCounts } from './word-counts.ts';
