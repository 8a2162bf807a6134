/** Marks of MarkLLM, as it computes them. @module */
import type { Opener } from '../opener.ts';
import { openSynthId } from './synthid.ts';

export const markllm: Readonly<Record<string, Opener>> = { 'markllm/synthid': openSynthId };
