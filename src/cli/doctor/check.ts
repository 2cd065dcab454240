/** One line of `stalewart doctor`: what was looked at, what was found, and the mend where it does not work. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it; null where it works. */
  readonly mend: string | null;
}

export function works(name: string, detail: string): Check {
  return { name, ok: true, detail, mend: null };
}

export function fails(name: string, detail: string, mend: string): Check {
  return { name, ok: false, detail, mend };
}
