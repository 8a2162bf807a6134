/** A progress bar on standard error, for long work that a person waits for and whose results go elsewhere. @module */

export interface Progress {
  advance(amount: number): void;
  stop(): void;
}

/** Silent unless standard error is a terminal, standard output is not, and the work is long. */
export async function openProgress(total: number | undefined, longFrom: number): Promise<Progress> {
  if (total === undefined || total < longFrom || !process.stderr.isTTY || process.stdout.isTTY) return SILENT;
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    format: '{bar} {percentage} % | {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
    barCompleteChar: '=',
    barIncompleteChar: '-',
  });
  bar.start(total, 0);
  process.once('exit', () => bar.stop());
  return { advance: (amount) => bar.increment(amount), stop: () => bar.stop() };
}

const SILENT: Progress = { advance: () => {}, stop: () => {} };
