/** The marks of Three Bricks. @module */
import type { Opener } from '../opener.ts';
import { openGumbel } from './gumbel.ts';

export const threeBricks: Readonly<Record<string, Opener>> = { 'three-bricks/gumbel': openGumbel };
