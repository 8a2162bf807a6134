/** `taggant verify`: is what a deployment writes marked as it should be? For CI. @module */
import type { Command } from 'commander';
import { choice, integer, probability, share, withKeyring } from '../flags.ts';

export function verifyCommand(program: Command): void {
  const verify = program
    .command('verify')
    .description('Check that a deployment marks its texts: strength, false alarms, cost, survival, coverage.')
    .option('--config <file>', 'what is checked (default: taggant.config.ts, .mts, .js, .mjs or .json)')
    .option('--against <file>', 'a baseline: whatever has become significantly worse fails')
    .option('--save-baseline <file>', 'write a baseline of this run, if it passed')
    .option('--seed <n>', "instead of the config's", integer(0, 2 ** 32 - 1))
    .option('--json [file]', 'the result as JSON; without a file on standard output, instead of the table')
    .option('--junit <file>', 'JUnit XML')
    .option('--sarif <file>', 'SARIF 2.1.0')
    .option('--markdown <file>', 'a summary for a pull request; >>FILE appends, as step summaries need')
    .option('--html <file>', 'a page with curves')
    .addHelpText('after', HELP)
    .action(async (flags) => (await import('../verify/run.ts')).verify(flags));
  withKeyring(verify.command('coverage'))
    .description('Audit served responses: which were marked, which not, and why.')
    .argument('<log>', 'JSONL of responses with their settings; - is stdin')
    .requiredOption('--mark <file>', 'the mark that they should carry')
    .option('--tokenizer <spec>', "for responses without token ids (default: the mark's, where it comes along)")
    .option('--least <share>', 'of the responses that should be marked; decides the exit status', share)
    .option(
      '--known <file>',
      'JSONL of responses that are known to be marked, found or not: how strong the mark is there',
    )
    .option('--alpha <p>', 'p at or below which a response is called marked', probability, 1e-6)
    .addOption(choice('--logprobs <of>', "what the log's logprobs are of", ['raw', 'final']).default('raw'))
    .option(
      '--responses <file>',
      "where JSONL of every response with its class and why is written (a config's coverage.responses is the log, which is read)",
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', COVERAGE_HELP)
    .action(async (log, _, command) =>
      (await import('../verify/audit.ts')).auditCommand(log, command.optsWithGlobals()),
    );
}

const COVERAGE_HELP = `
A line has "id", "tokens" or "text", and perhaps "prompt" (ids), "class" (its traffic class), "temperature", "top_p", "top_k",
"watermark" (false: opted out), "num_beams", "speculative", "logprobs", "entropies"; names of vLLM, SGLang, OpenAI and
OpenTelemetry are known too. An id counts once; lines of --known need none. Other keys of the keyring are tried where the mark is not found.

Exit status: 0 passed or nothing expected, 1 failed, 3 undecided, 2 error.

Examples:
  $ taggant verify coverage served.jsonl --mark mark.json --least 0.95
  $ taggant verify coverage served.jsonl --mark mark.json --responses classes.jsonl --json`;

const HELP = `
In a config, coverage.responses is the log of served responses, which is read; --responses of verify coverage is a file that is
written.

Exit status: 0 passed, 1 failed, 3 undecided (a bound was not reached with all the texts that could be asked for), 2 error.

Examples:
  $ taggant verify
  $ taggant verify --save-baseline baseline.json
  $ taggant verify --against baseline.json --junit junit.xml --sarif taggant.sarif --html gate.html`;
