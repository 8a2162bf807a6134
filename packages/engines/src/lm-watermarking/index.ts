/** Marks of lm-watermarking, the code of Kirchenbauer and others. @module */
import type { Opener } from '../opener.ts';
import { openExtended, openSimple1 } from './greenlist.ts';

export const lmWatermarking: Readonly<Record<string, Opener>> = {
  'lm-watermarking/simple_1': openSimple1,
  'lm-watermarking/extended': openExtended,
};
