/** Marks of MarkLLM, as it computes them. @module */
import type { Opener } from '../opener.ts';
import { openExp } from './exp.ts';
import { openExpGumbel } from './exp-gumbel.ts';
import { openKgw } from './kgw.ts';
import { openSynthId } from './synthid.ts';
import { openUnigram } from './unigram.ts';

export const markllm: Readonly<Record<string, Opener>> = {
  'markllm/exp': openExp,
  'markllm/exp-gumbel': openExpGumbel,
  'markllm/kgw': openKgw,
  'markllm/synthid': openSynthId,
  'markllm/unigram': openUnigram,
};
