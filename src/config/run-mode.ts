/** How time passes in a run: on the clock, among workers that compute; or in jumps, from event to event. */
export type RunMode = 'live' | 'simulated';
