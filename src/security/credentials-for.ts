/** Credentials for a certain part in a certain run: those of another role or run are refused before anything is dialled. */
import { StalewartError } from '../errors.js';
import { type Credentials, readCredentials } from './credentials.js';
import { type Role, roleName } from './roles.js';

/** @throws StalewartError CONFIG as `readCredentials`, or when they are another's */
export function credentialsFor(wanted: Role['role'], run: string, folder: string): Credentials {
  const credentials = readCredentials(folder);
  const { role } = credentials;
  if (role.role === wanted && role.run === run) return credentials;
  throw new StalewartError(
    'CONFIG',
    `natsCredentials: ${folder} holds credentials of ${roleName(role)} of run ${role.run}: this needs those of ${
      wanted === 'worker' ? 'a worker' : `the ${wanted}`
    } of run ${run}; name their folder, or make them with stalewart keys --run ${run}`,
    { field: 'natsCredentials', value: folder },
  );
}
