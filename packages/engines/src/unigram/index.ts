/** The mark of Unigram-Watermark. @module */
import type { Opener } from '../opener.ts';
import { openUnigram } from './xuandong23b.ts';

export const unigram: Readonly<Record<string, Opener>> = { 'unigram/xuandong23b': openUnigram };
