/** vLLM's marks: released ones (gumbel, dual-key-gumbel), one of a pull request (sbw), and two of branches. @module */
import type { Opener } from '../opener.ts';
import { openDualKeyGumbel, openGumbel } from './gumbel.ts';
import { openRedGreen } from './red-green.ts';
import { openSbw } from './sbw.ts';
import { openSynthId } from './synthid.ts';

export const vllm: Readonly<Record<string, Opener>> = {
  'vllm/gumbel': openGumbel,
  'vllm/dual-key-gumbel': openDualKeyGumbel,
  'vllm/sbw': openSbw,
  'vllm/synthid': openSynthId,
  'vllm/red-green': openRedGreen,
};
