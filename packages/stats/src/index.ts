/**
 * Exact tails in log space, for evidence: binomial, gamma, chi-square and normal tails, exact intervals, family-wise
 * corrections. Every ln p-value is a natural log; p itself may underflow, its log does not. No dependencies. @module
 */
export { lnBinomialLowerTail, lnBinomialPmf, lnBinomialTail } from './binomial.ts';
export { EProcess, type EProcessState } from './e-process.ts';
export { lnChiSquareTail, lnGammaLowerTail, lnGammaTail } from './gamma.ts';
export { lnGammaSumTail } from './gamma-sum.ts';
export { binomialBand, binomialInterval } from './intervals.ts';
export { lnGamma } from './ln-gamma.ts';
export { lnAdd, lnOneMinusExp, lnSumExp } from './log-space.ts';
export { bonferroni, holm } from './multiplicity.ts';
export { lnNormalTail, zFromLnP } from './normal.ts';
export { lnPermutation, lnSignFlip, type PermutationOptions } from './permutation.ts';
export { studentQuantile } from './student.ts';
export { type KsUniform, ksUniform, lnSmirnovTail } from './uniformity.ts';
export { lnWeightedBinomialTail, type WeightedTrials } from './weighted-binomial.ts';
