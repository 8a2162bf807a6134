/** The spoofing attack that a config asks for, as a check of a gate. @module */
import { type Gate, spoofingCheck, spoofingCurve } from '@taggant/verify';
import { at, CommandError } from '../errors.ts';
import { openSpoofingProgress } from '../progress.ts';
import { openTokenizer } from '../tokenizers.ts';
import type { ConfigFile } from './config.ts';
import { folderOf } from './deployment.ts';

/** Plays the attack before the gate asks for its own texts: none where the config does not ask for it. */
export async function spoofingChecks(
  { path, config: { model, spoofing, seed }, resolve }: ConfigFile,
  { mark, deployment, tokenizer, prompts }: Omit<Gate, 'software'>,
) {
  if (spoofing === undefined) return [];
  const { queries, most, attacker = 'folder' in model ? model.folder : undefined, forgeries = 64, ...what } = spoofing;
  if ('outputs' in model) {
    throw new CommandError(`${path}: "config.spoofing" expected a model that can be asked, got outputs`);
  }
  if (attacker === undefined) {
    throw new CommandError(`${path}: "config.spoofing.attacker" expected tiny-lm or a model's folder, got nothing`);
  }
  const own = await openTokenizer(attacker === 'tiny-lm' ? attacker : `hf:${resolve(attacker)}`);
  if (own.id.sha256 !== tokenizer?.id.sha256) {
    throw new CommandError(
      `${path}: "config.spoofing.attacker" expected a model of the mark's tokenizer, got ${own.id.name}`,
    );
  }
  const [{ openLocalModel }, { localAttacker }, progress] = await Promise.all([
    import('@taggant/sampler/local-model'),
    import('@taggant/verify/local-attacker'),
    openSpoofingProgress(),
  ]);
  const local = await openLocalModel(folderOf(attacker, resolve));
  try {
    const curve = await spoofingCurve({
      mark,
      deployment,
      attacker: localAttacker(local, own),
      prompts,
      queries: [queries],
      forgeries,
      ...what,
      seed,
      onProgress: progress.show,
    });
    return [spoofingCheck(curve, { queries, most })];
  } catch (error) {
    throw at(path, error);
  } finally {
    progress.stop();
    await local.dispose();
  }
}
