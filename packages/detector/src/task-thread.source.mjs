// Where a worker thread begins when the sources run without a build: threads do not inherit what compiles TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./task-thread.ts');
