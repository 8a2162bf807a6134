/** The command `taggant`: its subcommands, and how every one of them ends. @module */
import { Command, CommanderError } from 'commander';
import { demoCommand } from './commands/demo.ts';
import { detectCommand } from './commands/detect.ts';
import { generateCommand } from './commands/generate.ts';
import { keygenCommand } from './commands/keygen.ts';
import { keysCommand } from './commands/keys.ts';
import { probeCommand } from './commands/probe.ts';
import { scanCommand } from './commands/scan.ts';
import { verifyCommand } from './commands/verify.ts';
import { complain, explain, masked } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { VERSION } from './version.ts';

function program(): Command {
  const root = new Command('taggant')
    .description(
      'Watermarks for language models: mark what a model writes, and find the mark again with p-values that hold.',
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', EXAMPLES);
  for (const add of [
    keygenCommand,
    keysCommand,
    generateCommand,
    detectCommand,
    scanCommand,
    probeCommand,
    verifyCommand,
    demoCommand,
  ])
    add(root);
  return root;
}

/** Runs the command line and says how it ended. Usage errors are errors: status 1 means "not marked". */
async function run(root: Command, argv: readonly string[]): Promise<number> {
  try {
    await root.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (error.code !== 'commander.help') await complain(usageError(root, argv, error));
    } else {
      await report(error);
    }
    return EXIT.error;
  }
}

/** Commander's message without its prefix, values after `=` and long runs: a secret may have been typed there. */
function usageError(root: Command, argv: readonly string[], error: CommanderError): string {
  const message = error.message.replace(/^error: /, '').replace(/^(unknown option '[^=']+)=[^\n]*'/, "$1'");
  return `${masked(message)} (see ${['taggant', ...commandNames(root, argv)].join(' ')} --help)`;
}

/** The command that was meant, with its parents: `probe plan`. */
function commandNames({ commands }: Command, [name, ...rest]: readonly string[]): string[] {
  const command = commands.find((candidate) => candidate.name() === name);
  return command === undefined ? [] : [command.name(), ...commandNames(command, rest)];
}

async function report(error: unknown): Promise<void> {
  if (process.env.TAGGANT_DEBUG === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  await complain(explain(error));
}

/** Waits for standard output; if that failed, its handler below ends the process instead. */
async function end(status: number): Promise<never> {
  await new Promise<void>((resolve) => process.stdout.write('', (error) => error == null && resolve()));
  process.exit(status);
}

const EXAMPLES = `
Everything at a glance:
  $ taggant demo

A first run, with the small model that comes along:
  $ taggant keygen --scheme greenlist --tokenizer tiny-lm --mark mark.json
  $ taggant generate --mark mark.json --prompt "It was" --seed 1 --out essay.txt
  $ taggant detect --mark mark.json --text essay.txt

mark.json is public. taggant-keys.json holds the secret: whoever reads it can detect, and forge, the mark.
"taggant COMMAND --help" has the details. Exit status 2 is an error, whatever the command.`;

// Whoever reads our output may stop at any time (taggant ... | head): that is no error to talk about.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.error);
  complain(`cannot write to stdout: ${explain(error)}`).then(() => process.exit(EXIT.error));
});
process.stderr.on('error', () => {});
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => report(error).then(() => process.exit(EXIT.error)));
}

await end(await run(program(), process.argv.slice(2)));
