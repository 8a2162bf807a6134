/** The context that a mark is applied in. @module */

/** Where the last `width` tokens of a context begin; one that has fewer is refused. */
export function checkContext(context: Uint32Array, width: number): number {
  if (context.length < width) {
    throw new RangeError(`"context" expected at least ${width} token ids, got ${context.length}`);
  }
  return context.length - width;
}
