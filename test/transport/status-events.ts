/** Waiting for what a transport reports. */
import { filter, firstValueFrom } from 'rxjs';
import type { Transport, TransportStatus } from '../../src/transport/transport.js';

/** The next report of a type, the present state included. */
export function nextStatus<Type extends TransportStatus['type']>(
  { status$ }: Transport,
  type: Type,
): Promise<Extract<TransportStatus, { type: Type }>> {
  const isType = (status: TransportStatus): status is Extract<TransportStatus, { type: Type }> =>
    status.type === type;
  return firstValueFrom(status$.pipe(filter(isType)));
}
