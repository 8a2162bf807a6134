import { library } from '../../tsup.shared.ts';

export default library(['src/main.ts'], { platform: 'node', splitting: true, dts: false });
