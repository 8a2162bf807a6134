/** Timing one case: calls that fill a turn, seconds a call, the median over turns. @module */

/** What one call does; a promise is waited for. */
export type Run = () => unknown;

/** Seconds a call. */
export async function time(run: Run, calls: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - start) / 1e9 / calls;
}

/** How many calls fill a turn of so many seconds, and the seconds that they take. Warms the case up, too. */
export async function callsPerTurn(run: Run, turnSeconds: number): Promise<{ calls: number; seconds: number }> {
  for (let calls = 1; ; calls *= 2) {
    const perCall = await time(run, calls);
    if (perCall * calls < turnSeconds) continue;
    const fitting = Math.max(1, Math.round(turnSeconds / perCall));
    return { calls: fitting, seconds: fitting * perCall };
  }
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}
