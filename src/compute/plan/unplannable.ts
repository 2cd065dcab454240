/** Says why a model has no plan. It never leaves this folder: the planner turns it into a reason. */
export class Unplannable extends Error {
  override readonly name = 'Unplannable';
}
