/** Accounts, tiers and tenants: who has which mark, and whose text a suspect was trained on. @module */
export {
  type Account,
  Assignment,
  type AssignmentPlan,
  type Epoch,
  type Holder,
  type KeyLabel,
  type Newcomer,
  type Tier,
} from './assignment.ts';
export {
  type Cluster,
  type ClusterScore,
  type ClustersOptions,
  type ClustersResult,
  testClusters,
} from './clusters.ts';
export type { RandomBytes } from './numbers.ts';
export { type ServedOptions, type ServedResult, type ServedScore, testServedAccounts } from './served-test.ts';
export { ServedTo } from './served-to.ts';
export { type Layers, type Served, servedMarks } from './serving.ts';
export {
  type AccountScore,
  type AccountsOptions,
  type AccountsResult,
  type DecoyCheck,
  type LabelScore,
  testAccounts,
} from './test.ts';
