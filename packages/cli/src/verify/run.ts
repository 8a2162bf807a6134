/** `taggant verify`, from its config to its outputs. @module */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import {
  type GateResult,
  gateJUnit,
  gateMarkdown,
  gateSarif,
  gateTable,
  parseBaseline,
  runGate,
} from '@taggant/verify';
import { at, CommandError, complain } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { isSeen, jsonLine, writeWhole } from '../output.ts';
import { openGateProgress } from '../progress.ts';
import { VERSION } from '../version.ts';
import { readConfig } from './config.ts';
import { checksOfCoverage } from './coverage.ts';
import { openGate } from './open.ts';
import { spoofingChecks } from './spoofing.ts';

interface Flags {
  readonly config?: string;
  readonly against?: string;
  readonly saveBaseline?: string;
  readonly seed?: number;
  readonly json?: string | true;
  readonly junit?: string;
  readonly sarif?: string;
  readonly markdown?: string;
  readonly html?: string;
}

export async function verify(flags: Flags): Promise<void> {
  const [started, timestamp] = [performance.now(), new Date().toISOString()];
  refuseMissingFolders(flags);
  const read = await readConfig(flags.config);
  const file = flags.seed === undefined ? read : { ...read, config: { ...read.config, seed: flags.seed } };
  const opened = await named(file.path, () => openGate(file));
  try {
    const { mark } = opened.gate;
    const { against } = flags;
    const before = against === undefined ? undefined : textOf(against);
    const baseline =
      against === undefined ? undefined : await named(against, async () => parseBaseline(before as string, mark));
    const progress = await openGateProgress();
    const gate = {
      ...opened.gate,
      baseline,
      checks: [...(await checksOfCoverage(file, opened.gate)), ...(await spoofingChecks(file, opened.gate))],
      software: { name: 'taggant', version: VERSION },
      onProgress: progress.show,
    };
    const run = await named(file.path, () => runGate(gate)).finally(progress.stop);
    const { result } = run;
    const seconds = (performance.now() - started) / 1000;
    await writeOutputs(result, { config: file.path, seconds, timestamp }, flags);
    if (flags.saveBaseline !== undefined) {
      if (result.outcome === 'passed') await writeWhole(flags.saveBaseline, `${JSON.stringify(run.baseline)}\n`);
      else await complain(`no baseline written: the gate ${result.outcome === 'failed' ? 'failed' : 'is undecided'}`);
    }
    process.exitCode = { passed: 0, failed: 1, undecided: EXIT.inconclusive }[result.outcome];
  } finally {
    await opened.close();
  }
}

/** Where and when the gate ran. */
interface Setting {
  readonly config: string;
  readonly seconds: number;
  readonly timestamp: string;
}

async function writeOutputs(result: GateResult, setting: Setting, { json, junit, sarif, markdown, html }: Flags) {
  if (json === true) await writeWhole('-', jsonLine(result));
  else await writeWhole('-', gateTable(result, { colour: isSeen(), width: process.stdout.columns ?? 100 }));
  if (typeof json === 'string') await writeWhole(json, `${JSON.stringify(result, null, 1)}\n`);
  if (junit !== undefined) await writeWhole(junit, gateJUnit(result, setting));
  if (sarif !== undefined) await writeWhole(sarif, gateSarif(result, { configUri: uriOf(setting.config) }));
  if (markdown?.startsWith('>>')) appendFileSync(markdown.slice(2), gateMarkdown(result));
  else if (markdown !== undefined) await writeWhole(markdown, gateMarkdown(result));
  if (html !== undefined) await writeWhole(html, await (await import('@taggant/report')).renderGateReport(result));
}

/** Before anything is asked for: a run may take an hour. */
function refuseMissingFolders({ saveBaseline, json, junit, sarif, markdown, html }: Flags): void {
  for (const path of [saveBaseline, json, junit, sarif, markdown?.replace(/^>>/, ''), html]) {
    if (typeof path === 'string' && path !== '-' && !existsSync(dirname(path))) {
      throw new CommandError(`cannot write ${path}: there is no folder ${dirname(path)}`);
    }
  }
}

/** From here, which in a pipeline is the root of the repository. */
function uriOf(config: string): string {
  const path = relative(process.cwd(), config);
  return path.startsWith('..') ? basename(config) : path.split(sep).join('/');
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw at(`cannot read ${path}`, error);
  }
}

/** Errors that do not say where they belong are the file's. */
async function named<T>(place: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof CommandError ? error : at(place, error);
  }
}
