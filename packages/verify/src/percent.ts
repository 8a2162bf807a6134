/** Shares for people. @module */

/**
 * A share to a tenth of a percent.
 *
 * @example
 * percent(0.9375); // '93.8 %'
 */
export const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
