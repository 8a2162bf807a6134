/** SGLang's marks, single or dual key by their configuration. Its SynthID's code is not published where we can read it. @module */
import type { Opener } from '../opener.ts';
import { openGumbel } from './gumbel.ts';

export const sglang: Readonly<Record<string, Opener>> = { 'sglang/gumbel': openGumbel };
