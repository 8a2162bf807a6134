// A server marks its texts with another engine's watermark. How do I find it, and what would its own detector say?
// Paste the engine's configuration as it is. Both marks of this example go through the same hook and detector.
import { describeCompat, describeDetection, detectTokens, formatP } from '@taggant/detector';
import { openEngineMark } from '@taggant/engines';
import { MarkHook, sampleToken } from '@taggant/sampler';

const mark = openEngineMark({
  mark: 'hf/greenlist',
  config: { greenlist_ratio: 0.25, bias: 2.5, hashing_key: 15485863, seeding_scheme: 'lefthash', context_width: 1 },
  vocabSize: 5000,
});

// Stands in for the server: 150 tokens of a model that finds 5,000 words about equally likely.
const hook = new MarkHook(mark);
const sequence = hook.start([1]);
const tokens = [];
for (let step = 0; step < 150; step++) {
  const logits = Float32Array.from({ length: 5000 }, () => 2 * Math.random());
  hook.processLogits(logits, [sequence]);
  tokens.push(sampleToken(logits, Math.random()));
  sequence.push(tokens.at(-1));
}

const detection = detectTokens(tokens, mark);
console.log(describeDetection(detection));
console.log(describeCompat(detection.compat));

// Text that says the same twice has no more evidence than text that says it once. The engine's own p believes it has.
const twice = detectTokens([...tokens, ...tokens, ...tokens], mark);
console.log(`three times over: p = ${formatP(twice.lnP)}; its own: ${twice.compat.figures.p_value}`);
