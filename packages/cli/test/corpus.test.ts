/** Many texts: one output whatever the container and the threads, and whatever interrupts the run. */
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tinyLmFolder } from '@taggant/tiny-lm';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import {
  everythingSaid,
  expectError,
  jsonLines,
  leaks,
  mulberry32,
  open,
  run,
  runOnTerminal,
  SECRET_HEX,
  start,
  temporaryFolder,
  writeTokens,
} from './command.ts';
import { rawZstd } from './raw-zstd.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const MARK = { mark: 'taggant/1', scheme: 'greenlist', gamma: '1/4', delta: 3 } as const;
const TINY = { ...MARK, secret: SECRET_HEX, tokenizer: { name: 'tiny-lm', vocabSize: 4096 } };
folder.file('mark.json', { ...MARK, secret: SECRET_HEX });
folder.file('tiny.json', TINY);

const random = mulberry32(1);
const WORDS = 'the of and a to in he have it that for they with as not on she at by this we you do but from'.split(' ');
const phrase = (words: number) => Array.from({ length: words }, () => WORDS[Math.floor(25 * random())]).join(' ');
/** Enough for several batches; some characters of several bytes, so that chunks cut them. */
const texts = Array.from({ length: 700 }, (_, i) => ({
  id: `t${i}`,
  text: `${phrase(1 + 160 * random())} – ${'é'.repeat(i % 5)}`,
}));
const jsonl = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const column = (name: string, data: unknown[]) => ({ name, data, type: 'STRING' }) as const;
const plain = jsonl(texts);
folder.file('texts.jsonl', plain);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const file = (name: string) => join(cwd, name);
const detect = (...args: string[]) => run(['detect', '--mark', 'tiny.json', '--json', '--text', ...args], { cwd });

describe('containers and threads', () => {
  it('give one output', async () => {
    const expected = (await detect('texts.jsonl')).stdout;
    expect(jsonLines(expected).map(({ id }) => id)).toEqual(texts.map(({ id }) => id));
    folder.file('texts.ndjson', plain);
    folder.file('texts.jsonl.gz', gzipSync(plain));
    const bytes = Buffer.from(plain);
    folder.file(
      'texts.jsonl.zst',
      Buffer.concat([bytes.subarray(0, 50_001), bytes.subarray(50_001)].map((part) => rawZstd(part))),
    );
    for (const [name, codec] of [
      ['texts', 'UNCOMPRESSED'],
      ['snappy', 'SNAPPY'],
    ] as const) {
      parquetWriteFile({
        filename: file(`${name}.parquet`),
        columnData: [
          column(
            'other',
            texts.map(() => 'x'),
          ),
          column(
            'text',
            texts.map(({ text }) => text),
          ),
          column(
            'id',
            texts.map(({ id }) => id),
          ),
        ],
        rowGroupSize: 100,
        codec,
      });
    }
    const names = ['texts.ndjson', 'texts.jsonl.gz', 'texts.jsonl.zst', 'texts.parquet', 'snappy.parquet'];
    for (const [i, name] of names.entries()) {
      const { stdout, stderr } = await detect(name, '--threads', String(1 + (i % 3)));
      expect(stderr).toMatch(/^taggant: warning: .*\n$/);
      expect(stdout === expected).toBe(true);
    }
  });

  it('name rows and columns', async () => {
    const rows = { filename: file('rows.parquet'), rowGroupSize: 2 };
    parquetWriteFile({
      ...rows,
      columnData: [column('body', ['one', 'two', 'three']), { name: 'key', data: [7n, 8n, 9n], type: 'INT64' }],
    });
    const ids = async (...args: string[]) =>
      jsonLines((await detect('rows.parquet', ...args)).stdout).map(({ id }) => id);
    expect(await ids('--text-column', 'body')).toEqual(['rows.parquet:1', 'rows.parquet:2', 'rows.parquet:3']);
    expect(await ids('--text-column', 'body', '--id-column', 'key')).toEqual([7, 8, 9]);
    expectError(await detect('rows.parquet'), /rows\.parquet: expected a column "text", got body, key/);
    expectError(await detect('rows.parquet', '--text-column', 'key'), /rows\.parquet:1: "key" expected a string/);
    folder.file('none.parquet', 'PAR1, but no Parquet');
    expectError(await detect('none.parquet'), /none\.parquet: expected a Parquet file/);
    folder.file('fields.jsonl', jsonl([{ key: 'k', body: 'It was' }]));
    const renamed = await detect('fields.jsonl', '--text-column', 'body', '--id-column', 'key');
    expect(jsonLines(renamed.stdout)[0].id).toBe('k');
  });

  it('read token ids from any of them', async () => {
    const tokens = [1, 2, 3].map((seed) => writeTokens([open(MARK)], 200, seed));
    const lines = jsonl(tokens.map((tokens, id) => ({ id, tokens })));
    folder.file('ids.jsonl.gz', gzipSync(lines));
    parquetWriteFile({
      filename: file('ids.parquet'),
      columnData: [
        { name: 'id', data: [0, 1, 2] },
        { name: 'tokens', data: tokens.map((ids) => ids.map(BigInt)) },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
        { name: 'tokens', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'INT64', repetition_type: 'OPTIONAL' },
      ],
    });
    const of = async (...args: string[]) =>
      (await run(['detect', '--mark', 'mark.json', '--json', '--tokens', ...args], { cwd, input: lines })).stdout;
    const expected = await of('-');
    expect(jsonLines(expected).map(({ verdict }) => verdict)).toEqual(['marked', 'marked', 'marked']);
    expect(await of('ids.jsonl.gz', '--threads', '2')).toBe(expected);
    expect(await of('ids.parquet')).toBe(expected);
  });

  it.each(['1', '2'])('keep the results before a bad line, and name it (%s threads)', async (threads) => {
    folder.file('bad.jsonl', `${plain}{"id":"x","text":7}\n${plain}`);
    const ended = await detect('bad.jsonl', '--threads', threads);
    expect(jsonLines(ended.stdout)).toHaveLength(texts.length);
    expectError(ended, /bad\.jsonl:701: "text" expected a string/);
    expectError(await detect('texts.jsonl', '--threads', threads, '--tokenizer', 'tiktoken:x'), /"encoding" expected/);
  });

  it('print each result before the next input arrives, with threads too', async () => {
    const { child, ended } = start(['detect', '--mark', 'mark.json', '--tokens', '-', '--json', '--threads', '2'], {
      cwd,
    });
    const first = new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdin.write('{"id":"early","tokens":[1]}\n');
    expect(await first).toContain('"early"');
    child.stdin.end('{"id":"late","tokens":[1]}\n');
    expect(jsonLines((await ended).stdout)).toHaveLength(2);
  });

  it('say so when what comes through a pipe is compressed', async () => {
    const piped = ['detect', '--mark', 'tiny.json', '--text', '-', '--jsonl'];
    const hint = /cannot read stdin: expected text, got gzip: unpack it \(gzip -dc\)/;
    expectError(await run(piped, { cwd, input: gzipSync(plain) }), hint);
  });

  it('end where a compressed file was cut off', async () => {
    folder.file('cut.jsonl.gz', gzipSync(plain).subarray(0, -20));
    expectError(await detect('cut.jsonl.gz'), /cannot read cut\.jsonl\.gz: unexpected end of file/);
    folder.file('empty.jsonl.zst', '');
    expectError(await detect('empty.jsonl.zst'), /cannot read empty\.jsonl\.zst: expected zstd, got an empty file/);
  });
});

describe('--output', () => {
  const tokens = (id: number) => Array.from({ length: 300 }, () => Math.floor(900 * random()) + (id % 2));
  folder.file('many.jsonl', jsonl(Array.from({ length: 6000 }, (_, id) => ({ id, tokens: tokens(id) }))));
  const args = (output: string, ...more: string[]) => [
    ...['detect', '--mark', 'mark.json', '--tokens', 'many.jsonl', '--output', output, ...more],
  ];
  const into = (output: string, ...more: string[]) => run(args(output, ...more), { cwd });

  it('appears whole, and loses and repeats nothing when the process is killed again and again', async () => {
    const whole = await into('whole.jsonl');
    expect(whole.stdout).toMatch(/^\n\d+ inconclusive.*\n$/);
    expect(existsSync(file('whole.jsonl.partial'))).toBe(false);
    expect(existsSync(file('whole.jsonl.partial.json'))).toBe(false);
    const sizeOf = () => statSync(file('killed.jsonl.partial'), { throwIfNoEntry: false })?.size ?? 0;
    let kills = 0;
    let status: number | null = null;
    while (status === null) {
      const from = sizeOf();
      const enough = from + random() * 4e5;
      const { child, ended } = start(args('killed.jsonl', '--resume', '--threads', String(1 + (kills % 2))), { cwd });
      child.stdin.end();
      while (child.exitCode === null && child.signalCode === null) {
        if (sizeOf() > enough) child.kill('SIGKILL');
        await pause(1);
      }
      ({ status } = await ended);
      if (status === null) {
        kills++;
        expect(existsSync(file('killed.jsonl'))).toBe(false);
        // As if the last write had been torn.
        if (kills % 2 === 0) writeFileSync(file('killed.jsonl.partial'), '{"id":7,"verdict":"mar', { flag: 'a' });
      }
    }
    expect(kills).toBeGreaterThanOrEqual(2);
    expect(status).toBe(whole.status);
    expect(readFileSync(file('killed.jsonl')).equals(readFileSync(file('whole.jsonl')))).toBe(true);
  });

  it('is not resumed for other work, nor over what is no result', async () => {
    const { child, ended } = start(args('other.jsonl'), { cwd });
    child.stdin.end();
    const partial = file('other.jsonl.partial');
    const isEmpty = () => (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) === 0;
    while (isEmpty() && child.exitCode === null) await pause(1);
    child.kill('SIGKILL');
    await ended;
    expect(
      leaks([{ args: [], text: readFileSync(`${partial}.json`, 'utf8') + readFileSync(partial, 'utf8') }]),
    ).toEqual([]);
    expectError(await into('other.jsonl'), /other\.jsonl\.partial holds the results .* add --resume, or remove it/);
    expectError(
      await into('other.jsonl', '--resume', '--alpha', '0.001', '--dedup', 'context'),
      /begun otherwise: --alpha was 0\.000001, is 0\.001; --dedup was not given, is context\. Run the command/,
    );
    folder.file('mark2.json', { ...MARK, delta: 4, secret: SECRET_HEX });
    expectError(await into('other.jsonl', '--resume', '--mark', 'mark2.json'), /otherwise: --mark is another\. Run/);
    folder.file('stack.json', [{ ...MARK, secret: SECRET_HEX }]);
    expectError(await into('other.jsonl', '--resume', '--mark', 'stack.json'), /otherwise: --mark is another\. Run/);
    expectError(
      await into('other.jsonl', '--resume', '--cohorts', '0-99'),
      /otherwise: --cohorts was not given, is 0-99\. Run/,
    );
    const { atime, mtime } = statSync(file('many.jsonl'));
    utimesSync(file('many.jsonl'), atime, new Date(0));
    expectError(
      await into('other.jsonl', '--resume'),
      /many\.jsonl \(--tokens\) was \d+ bytes of 20.*Z, is \d+ bytes of 1970-01-01T00:00:00\.000Z\. .* or remove it to begin/,
    );
    utimesSync(file('many.jsonl'), atime, mtime);
    writeFileSync(partial, '{"no":"result"}\n');
    expectError(await into('other.jsonl', '--resume'), /other\.jsonl\.partial:1: expected a result; remove the file/);
    rmSync(partial);
    expect((await into('other.jsonl', '--resume')).status).toBe(3);
  });

  it('is not resumed after a change of what stands beside the tokenizer', async () => {
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
      folder.file(name, readFileSync(join(tinyLmFolder, name)));
    }
    const flags = ['detect', '--mark', 'tiny.json', '--text', 'texts.jsonl', '--tokenizer', 'hf:tokenizer.json'];
    const output = ['--output', 'texts-out.jsonl', '--resume'];
    const { child, ended } = start([...flags, ...output], { cwd });
    while (!existsSync(file('texts-out.jsonl.partial')) && child.exitCode === null) await pause(1);
    child.kill('SIGKILL');
    await ended;
    writeFileSync(file('tokenizer_config.json'), '\n', { flag: 'a' });
    expectError(
      await run([...flags, ...output], { cwd }),
      /otherwise: \S+tokenizer_config\.json \(--tokenizer\) was \d+ bytes/,
    );
  });

  it('belongs to one process while that lives, and to the next after its death', async () => {
    const lock = file('held.jsonl.partial.lock');
    const hold = async () => {
      const { child, ended } = start(['detect', '--mark', 'mark.json', '--tokens', '-', '--output', 'held.jsonl'], {
        cwd,
      });
      while (!existsSync(file('held.jsonl.partial')) && child.exitCode === null) await pause(1);
      return { child, ended };
    };
    const { child, ended } = await hold();
    const refused = new RegExp(`cannot write held\\.jsonl: process ${child.pid} is writing this file; wait for it`);
    expectError(await into('held.jsonl', '--resume'), refused);
    expectError(await into('held.jsonl'), refused);
    child.stdin.end('{"tokens":[1]}\n');
    expect((await ended).status).toBe(3);
    expect(jsonLines(readFileSync(file('held.jsonl'), 'utf8'))).toHaveLength(1);
    expect(existsSync(lock)).toBe(false);

    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const stopped = await hold();
      stopped.child.kill(signal);
      expect((await stopped.ended).status).toBe(code);
      expect(existsSync(lock)).toBe(false);
      rmSync(file('held.jsonl.partial'));
    }

    const killed = await hold();
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(readFileSync(lock, 'utf8')).toBe(`${killed.child.pid}\n`);
    rmSync(file('held.jsonl.partial'));
    expect((await into('held.jsonl')).status).toBe(3);
    expect(existsSync(lock)).toBe(false);
    writeFileSync(lock, '');
    expectError(await into('held.jsonl'), /lock expected the number of a process; remove it/);
  });

  const hasTerminal = process.platform === 'linux' && existsSync('/usr/bin/script');
  it.skipIf(!hasTerminal)('shows the share done and the time left on a terminal', async () => {
    const { stdout, status } = await runOnTerminal(args('shown.jsonl'), { cwd });
    expect(stdout).toMatch(/=+-* \d+ % \| .* \| \S+ left/);
    expect(status).toBe(3);
    expect(jsonLines(readFileSync(file('shown.jsonl'), 'utf8'))).toHaveLength(6000);
  });

  it('leaves nothing behind when nothing came of it', async () => {
    folder.file('bad-first.jsonl', '{"tokens":7}\n');
    const bad = ['detect', '--mark', 'mark.json', '--tokens', 'bad-first.jsonl', '--output', 'nothing.jsonl'];
    expectError(await run(bad, { cwd }), /bad-first\.jsonl:1: "tokens" expected an array/);
    expect(existsSync(file('nothing.jsonl.partial')) || existsSync(file('nothing.jsonl.partial.json'))).toBe(false);
  });

  it('is no JSON flag besides: it writes JSON lines anyway', async () => {
    expectError(await into('x.jsonl', '--json'), /--output writes JSON lines anyway.* it does not go with --json/);
  });

  it('is neither an input, a keyring, a folder nor a device; and --resume needs it, and files', async () => {
    folder.file('keys.json', { keyring: 'taggant/1', keys: [] });
    expectError(await into('many.jsonl'), /--output and --tokens expected two files/);
    expectError(await into('mark.json'), /--output and --mark expected two files/);
    folder.file('accounts.txt', '1\n');
    expectError(
      await into('accounts.txt', '--cohorts', 'accounts.txt'),
      /--output and --cohorts expected two files, got accounts\.txt twice/,
    );
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
      const flags = ['--text', 'texts.jsonl', '--tokenizer', `hf:${folder.path}`, '--output', name];
      const refused = new RegExp(`--output and --tokenizer expected two files, got ${name} twice`);
      expectError(await run(['detect', '--mark', 'mark.json', ...flags], { cwd }), refused);
    }
    expectError(await into('keys.json'), /is a keyring/);
    expectError(await into('.'), /cannot write \.: is a folder/);
    expectError(await into('/dev/null'), /expected a file, got a device/);
    expectError(await into('no/where.jsonl'), /cannot write no\/where\.jsonl.*: no such file or folder/);
    expectError(
      await run(['detect', '--mark', 'mark.json', '--tokens', 'many.jsonl', '--resume'], { cwd }),
      /--resume goes with/,
    );
    const stdin = ['detect', '--mark', 'mark.json', '--tokens', '-', '--output', 'x.jsonl', '--resume'];
    expectError(await run(stdin, { cwd }), /stdin \(-\) cannot be read again/);
    expectError(await into('x.jsonl', '--resume', '--cohorts', '-'), /stdin \(-\) cannot be read again/);
  });
});

it('no secret was said', () => {
  expect(everythingSaid()).toBeGreaterThan(30);
  expect(leaks()).toEqual([]);
});
