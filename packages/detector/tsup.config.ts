import { library } from '../../tsup.shared.ts';

export default library(['src/index.ts', 'src/tokenizers/tiktoken.ts', 'src/tokenizers/huggingface.ts']);
