/** Memory for bytes, which the host may take from where it likes: reused, or shared with other threads. */

/** @returns exactly so many bytes, starting at a multiple of 8 of their buffer; what they hold does not matter */
export type Allocate = (bytes: number) => Uint8Array;

export const freshMemory: Allocate = (bytes) => new Uint8Array(bytes);
