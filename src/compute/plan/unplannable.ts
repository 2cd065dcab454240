/** Says why a model has no plan. It never leaves this folder: the planner turns it into a reason. */
export class Unplannable extends Error {
  override readonly name = 'Unplannable';
  /** Whether it needs more memory than there is. */
  readonly tooLarge: boolean;

  constructor(message: string, { tooLarge = false } = {}) {
    super(message);
    this.tooLarge = tooLarge;
  }
}
