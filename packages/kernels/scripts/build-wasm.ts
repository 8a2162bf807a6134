/** Compiles assembly/ with AssemblyScript and embeds the result in src/generated/wasm.ts (`npm run build:wasm`). @module */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const target = new URL('../src/generated/wasm.ts', import.meta.url);
const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];

/** The module's bytes. Compiles in memory and writes no file. */
export async function compile(): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const baseDir = fileURLToPath(new URL('../assembly', import.meta.url));
  const { error, stderr } = await asc.main(['index.ts', '--baseDir', baseDir, '--outFile', 'out.wasm', ...flags], {
    writeFile: (_name, contents) => void (wasm = contents as Uint8Array),
  });
  if (error || !wasm) throw new Error(`asc failed\n${stderr}`, { cause: error });
  return wasm;
}

/** The text of src/generated/wasm.ts for these bytes. */
export function embed(wasm: Uint8Array): string {
  return `/**
 * Generated from assembly/ by \`npm run build:wasm\` (asc ${asc.version} ${flags.join(' ')}). Do not edit.
 * ${wasm.length} bytes of WebAssembly with SIMD, in base64. A test recompiles and compares.
 * @module
 */
export const wasmBase64 =
  '${Buffer.from(wasm).toString('base64')}';
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = embed(await compile());
  const before = await readFile(target, 'utf8').catch(() => '');
  if (text !== before) await writeFile(target, text);
  console.log(`${fileURLToPath(target)} ${text === before ? 'is up to date' : 'written'}`);
}
