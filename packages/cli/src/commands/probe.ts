/** `taggant probe`: was a model trained on our marked text? Each step of the test is a command. @module */
import { type Command, Option } from 'commander';
import {
  aboveZero,
  atLeastZero,
  choice,
  integer,
  type KeyringFlags,
  probability,
  share,
  withKeyring,
} from '../flags.ts';

/** Commander hands over the argument, its own flags and the command; flags of parents are merged here. */
type Action<Flags> = (argument: string, flags: Flags) => Promise<void>;
const run =
  <Flags>(load: () => Promise<Action<Flags>>) =>
  async (argument: string, _: unknown, command: Command) =>
    (await load())(argument, command.optsWithGlobals() as Flags);

export function probeCommand(program: Command): void {
  const probe = program
    .command('probe')
    .description('Test whether a model was trained on our marked text: plan, commit, run, open, check, report.')
    .addHelpText('after', HELP);
  plan(probe);
  commit(probe);
  runPlan(probe);
  open(probe);
  check(probe);
  report(probe);
  served(probe);
  accounts(probe);
  canaries(probe);
}

const withMaterials = (command: Command) =>
  withKeyring(command)
    .option('--tokenizer <spec>', "the plan's tokenizer, where it does not come along: hf:PATH")
    .option('--accounts <file>', 'the assignment of accounts, where the plan names one', 'taggant-accounts.json');

function plan(probe: Command): void {
  withKeyring(probe.command('plan'))
    .description('Write a plan: what is tested, how, and what decides. Nothing is asked yet.')
    .argument('<file>', 'the plan to write, such as plan.json; prompts and other files stand beside it')
    .requiredOption(
      '--prompts <file>',
      'JSONL of prompts: {"id", "prompt"} or {"id", "messages": [{"role", "content"}]}',
    )
    .option('--mark <file...>', 'the marks that the suspect may have learned')
    .option('--deck <file>', 'test canaries instead: the deck whose triggers the prompts are')
    .option('--endpoint <url>', "an OpenAI-compatible endpoint's base, such as https://example.com/v1")
    .option('--model <name>', 'the model to ask there')
    .addOption(choice('--api <kind>', 'which of its interfaces', ['chat', 'completions']).default('chat'))
    .option('--offline', 'answers come from a file')
    .option('--temperature <t>', 'asked for', atLeastZero)
    .option('--top-p <p>', 'asked for', share)
    .option('--max-tokens <n>', 'asked for: length of an answer at most', integer(1, 2 ** 20))
    .option('--request-seed <n>', 'asked for', integer(0, Number.MAX_SAFE_INTEGER))
    .option(
      '--marked-prompts',
      'prompts may carry marked text: what was shown is never scored again, and the e-value decides',
    )
    .option('--served <file>', 'contexts that we served (taggant probe served): only these count')
    .addOption(
      choice(
        '--served-logs <kind>',
        'with --served: whether those logs were marked with a tested key, or are of text that does not depend on it',
        ['marked', 'independent'],
      ).default('marked'),
    )
    .option('--no-weights', 'with independent logs: do not weigh contexts by how often they were served')
    .option('--accounts <file>', 'also ask whose text it was: the assignment of accounts')
    .addOption(
      choice('--statistic <name>', 'what decides: each context once (audit), or each pair once (power)', [
        'context',
        'pair',
      ]).default('context'),
    )
    .addOption(
      choice('--stopping <rule>', 'ask everything, or stop as soon as the e-value decides', [
        'fixed',
        'e-value',
      ]).default('fixed'),
    )
    .addOption(new Option('--alpha <p>', 'found at or below this p').argParser(probability).default(1e-6, '1e-6'))
    .option(
      '--requests <n>',
      'budget: requests at most, retries included (default: twice the prompts)',
      integer(1, 2 ** 40),
    )
    .option('--tokens <n>', 'budget: tokens of prompts and answers at most; needs --max-tokens', integer(1, 2 ** 40))
    .option('--decoys <n>', 'decoy keys to rank the key among', integer(0, 10 ** 6), 10_000)
    .option('--order-seed <n>', 'seed of the order of the prompts', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--title <text>', 'what the test is about')
    .action(run(async () => (await import('../probe/plan.ts')).writePlan));
}

function commit(probe: Command): void {
  probe
    .command('commit')
    .description('Check a plan and print its commitment, to be published before the suspect is asked.')
    .argument('<plan>', 'the plan (JSON or YAML)')
    .option('--out <file>', 'where the commitment goes (default: PLAN.commitment.json)')
    .action(run(async () => (await import('../probe/commit.ts')).commitPlan));
}

function runPlan(probe: Command): void {
  withMaterials(probe.command('run'))
    .description(
      'Ask the suspect what the plan says, and give the verdict. Started again, it goes on where it stopped.',
    )
    .argument('<plan>', 'the plan (JSON or YAML)')
    .option('--out <folder>', 'where journal, transcript, result and report go (default: PLAN.run)')
    .option('--answers <file>', 'of an offline plan: JSONL {"id", "reply", "finish"?}')
    .option('--api-key-env <name>', 'the environment variable that holds the API key; it is kept nowhere')
    .option('--concurrency <n>', 'requests at a time', integer(1, 1000), 4)
    .option('--requests-per-minute <n>', 'at most', aboveZero)
    .option('--retries <n>', 'attempts beyond the first', integer(0, 1000), 8)
    .option('--timeout <seconds>', 'for one answer', aboveZero, 120)
    .option('--json', 'print the result as one JSON object')
    .action(run(async () => (await import('../probe/run.ts')).runPlanFile));
}

function open(probe: Command): void {
  withMaterials(probe.command('open'))
    .description('Open a finished test: a folder with all that another party needs to recompute it.')
    .argument('<plan>', 'the plan (JSON or YAML)')
    .requiredOption('--out <folder>', 'the bundle to write; must not be there yet')
    .option('--run <folder>', 'where the run was kept (default: PLAN.run)')
    .option('--reveal-keys', 'put the keys of the marks in: the marks are burnt from then on')
    .option('--with-served', 'put the served contexts in')
    .option('--with-accounts', 'put the assignment of accounts in: every number is known from then on')
    .action(run(async () => (await import('../probe/open.ts')).openRun));
}

function check(probe: Command): void {
  withMaterials(probe.command('check'))
    .description('Recompute every figure of an opened test from its transcript; one changed byte is an error.')
    .argument('<bundle>', 'the folder that open wrote')
    .option('--commitment <hex>', 'the commitment that was published before the test')
    .option('--served <file>', 'the served contexts, where the bundle does not hold them')
    .option('--deck <file>', 'the deck, where the bundle does not hold it')
    .action(run(async () => (await import('../probe/check.ts')).checkOpened));
}

function report(probe: Command): void {
  probe
    .command('report')
    .description('Draw the result of a run or a bundle as a page of HTML.')
    .argument('<folder>', 'a run or a bundle; of a plan, its run in PLAN.run')
    .option('--out <file>', 'where the page goes (default: report.html in the current folder)')
    .action(run(async () => (await import('../probe/report.ts')).reportOn));
}

function served(probe: Command): void {
  probe
    .command('served')
    .description('Collect the contexts of what we served, from logs, into a compact file.')
    .argument('<file>', 'the file to write, such as served.bin')
    .requiredOption('--mark <file>', 'a mark, whose context width and tokenizer are used')
    .requiredOption('--logs <file...>', 'JSONL: {"tokens"} or {"text"}, with "prompt" if known')
    .option('--tokenizer <spec>', "for text: tiny-lm, tiktoken:NAME or hf:PATH (default: the mark's own)")
    .action(run(async () => (await import('../probe/served.ts')).collectServed));
}

function accounts(probe: Command): void {
  withKeyring(probe.command('accounts'))
    .description('Give accounts secret numbers (cohorts), so that a model trained on their text can name them.')
    .argument('<file>', 'the assignment: secret, mode 0600')
    .option('--create', 'a new assignment')
    .option('--add <file>', 'JSONL of accounts: {"id", "tiers"?, "tenant"?}')
    .option('--epoch <label>', 'with --create: the label of the key that marks the accounts (default: the month)')
    .option('--export <file>', 'what the serving side needs: the marks of every account, JSONL')
    .option('--mark <file>', 'with --export: the mark, without cohort')
    .action(run(async () => (await import('../probe/accounts.ts')).changeAccounts));
}

function canaries(probe: Command): void {
  withKeyring(probe.command('canaries'))
    .description('Canary answers: check a deck, write its prompts, export what each account is told.')
    .argument('<deck>', 'the deck of triggers and variants')
    .option('--example', 'write an example deck there')
    .option('--prompts <file>', 'write the prompts of a plan there')
    .option('--samples <n>', 'with --prompts: how often each trigger is asked', integer(1, 1000), 1)
    .option('--export <file>', 'what the serving side needs: the texts of every account, JSONL')
    .option(
      '--accounts <file>',
      'with --export: the assignment whose accounts are told apart; without it all are told alike',
    )
    .option('--kid <kid>', 'with --export: which secret of the keyring draws (default: the only one)')
    .option('--power', 'print the hits that are needed, and the power, at alpha = 1e-6')
    .action(run(async () => (await import('../probe/canaries.ts')).useDeck));
}

export interface PlanFlags extends KeyringFlags {
  readonly prompts: string;
  readonly mark?: readonly string[];
  readonly deck?: string;
  readonly endpoint?: string;
  readonly model?: string;
  readonly api: 'chat' | 'completions';
  readonly offline?: boolean;
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxTokens?: number;
  readonly requestSeed?: number;
  readonly served?: string;
  readonly markedPrompts?: boolean;
  readonly servedLogs: 'marked' | 'independent';
  readonly weights: boolean;
  readonly accounts?: string;
  readonly statistic: 'context' | 'pair';
  readonly stopping: 'fixed' | 'e-value';
  readonly alpha: number;
  readonly requests?: number;
  readonly tokens?: number;
  readonly decoys: number;
  readonly orderSeed: number;
  readonly title?: string;
}

const HELP = `
A test, from the plan to the verdict:
  $ taggant probe plan plan.json --mark mark.json --prompts prompts.jsonl --endpoint https://example.com/v1 --model suspect
  $ taggant probe commit plan.json                 # publish what it prints, before asking
  $ taggant probe run plan.json --api-key-env SUSPECT_API_KEY
  $ taggant probe open plan.json --out opened      # for another party
  $ taggant probe check opened --commitment HEX

run exits 0 when the suspect's answers depend on our key, 3 when nothing was found, 2 on error; check 0 when all holds, 1
when something differs. "Found" is about the suspect or a model it descends from; "nothing found" proves nothing.`;
