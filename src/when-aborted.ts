/** Breaks off what knows no signal: for a race between it and the signal. */

/** Rejects with the signal's reason when it aborts; never resolves. */
export function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
