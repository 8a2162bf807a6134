/** The mark of Google DeepMind's synthid-text. @module */
import type { Opener } from '../opener.ts';
import { openSynthId } from './synthid.ts';

export const deepmind: Readonly<Record<string, Opener>> = { 'deepmind/synthid': openSynthId };
