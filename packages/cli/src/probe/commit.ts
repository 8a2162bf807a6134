/** `taggant probe commit`: the hash that is published before the suspect is asked. @module */
import { commitmentFile, planCommitment } from '@taggant/probes';
import { writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { readPlan } from './plan-file.ts';

/** Where a plan's commitment stands unless it is put elsewhere. */
export const commitmentPath = (plan: string) => `${plan}.commitment.json`;

export async function commitPlan(path: string, { out = commitmentPath(path) }: { out?: string }): Promise<void> {
  refuseToReplace(['--out', out], { 'the plan': path });
  const { plan } = await readPlan(path);
  await writeWhole(out, commitmentFile(plan));
  await writeWhole(
    '-',
    `commitment  ${planCommitment(plan)}\nfile        ${out} (publish it: it reveals nothing of the plan)\n`,
  );
}
