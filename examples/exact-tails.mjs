// How small can a p-value get before it is wrong?
import { formatP } from '@taggant/detector';
import { lnBinomialTail, lnGammaTail } from '@taggant/stats';

// 700 of 1,000 tokens green where 250 are expected: ln p is exact, where 1 - cdf gives 0.
const lnP = lnBinomialTail(700, 1000, 0.25);
console.log(`green list: ln p = ${lnP}, p = ${formatP(lnP)}`);

// A Gumbel score of 9,000 over 5,000 tokens: far below the smallest double, still right.
console.log(`Gumbel: ln p = ${lnGammaTail(9000, 5000)}`);
