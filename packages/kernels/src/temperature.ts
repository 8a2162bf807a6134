/** The temperatures that kernels take. Divided by a smaller one, a row could leave the range of float32. @module */
/** The smallest, in the units of softmax(logits / temperature). */
export const LEAST_TEMPERATURE = 1e-6;
/** The largest. */
export const MOST_TEMPERATURE = 1e6;

/** Whether `massBelow` and `loudest` take this temperature: 1e-6 to 1e6, and no NaN. */
export function takesTemperature(temperature: number): boolean {
  return temperature >= LEAST_TEMPERATURE && temperature <= MOST_TEMPERATURE;
}
