/** The Python process of the peers (field.py): one request at a time, one answer each. @module */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface PeerCase {
  readonly peer: string;
  /** What of ours it is compared with. */
  readonly task: string;
  readonly name: string;
}

export interface Opened {
  readonly cases: readonly PeerCase[];
  readonly absent: readonly { readonly peer: string; readonly why: string }[];
  readonly versions: Readonly<Record<string, string>>;
  /** torch's own choice for this machine. */
  readonly threads: number;
}

export interface Check {
  readonly peer: string;
  readonly name: string;
  readonly tokens: number;
  /** p of a text that the peer marked itself, and of a plain one. */
  readonly marked: number;
  readonly plain: number;
}

export interface Field {
  open(folder: string): Promise<Opened>;
  check(): Promise<Check[]>;
  threads(n: number): Promise<number>;
  /** Seconds a call, by the process's own clock. */
  time(index: number, calls: number): Promise<number>;
  close(): void;
}

export function startField(python: string, cache: string): Field {
  const child = spawn(python, [fileURLToPath(new URL('field.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      TORCHINDUCTOR_CACHE_DIR: cache,
      HF_HUB_OFFLINE: '1',
      TOKENIZERS_PARALLELISM: 'false',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'exit');

  async function ask<Answer>(what: string, args: object = {}): Promise<Answer> {
    child.stdin.write(`${JSON.stringify({ do: what, ...args })}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`${python} expected to answer "${what}", got exit ${(await exited)[0]}`);
    return JSON.parse(value);
  }
  return {
    open: (folder) => ask('open', { folder }),
    check: () => ask('check'),
    threads: (n) => ask('threads', { n }),
    time: (index, calls) => ask('time', { case: index, calls }),
    close: () => child.stdin.end(),
  };
}
