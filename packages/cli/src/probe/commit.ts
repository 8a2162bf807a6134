/** `taggant probe commit`: the hash that is published before the suspect is asked. @module */
import { commitmentFile, planCommitment } from '@taggant/probes';
import { writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { readPlan } from './plan-file.ts';

export async function commitPlan(path: string, { out = `${path}.commitment.json` }: { out?: string }): Promise<void> {
  refuseToReplace(['--out', out], { 'the plan': path });
  const { plan } = await readPlan(path);
  await writeWhole(out, commitmentFile(plan));
  await writeWhole(
    '-',
    `commitment  ${planCommitment(plan)}\nfile        ${out} (publish it: it reveals nothing of the plan)\n`,
  );
}
