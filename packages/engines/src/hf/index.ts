/** Marks of Hugging Face transformers. @module */
import type { Opener } from '../opener.ts';
import { openGreenlist } from './greenlist.ts';
import { openSynthId } from './synthid.ts';

export const hf: Readonly<Record<string, Opener>> = { 'hf/greenlist': openGreenlist, 'hf/synthid': openSynthId };
