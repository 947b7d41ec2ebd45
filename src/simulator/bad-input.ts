/** What is wrong with what a planner gave, a line a problem. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}
