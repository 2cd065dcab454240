/** The files of deploy/, read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

export const projectFolder = fileURLToPath(new URL('../../../../', import.meta.url));
export const deployFolder = join(projectFolder, 'deploy');

export function deployText(file: string): string {
  return readFileSync(join(deployFolder, file), 'utf8');
}

/** With its aliases and merge keys resolved, as Compose does. */
export function compose(): Readonly<Record<string, unknown>> {
  return parse(deployText('compose.yaml'), { merge: true }) as Readonly<Record<string, unknown>>;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/** Every object that the Kustomize file names, with the file that it is from. */
export function kubernetesObjects(): readonly (readonly [file: string, object: KubernetesObject])[] {
  const { resources } = parse(deployText('kubernetes/kustomization.yaml')) as { resources: string[] };
  return resources.flatMap((file) =>
    parseAllDocuments(deployText(join('kubernetes', file))).map((document) => {
      const [error] = document.errors;
      if (error instanceof Error) throw error;
      return [file, document.toJS() as KubernetesObject] as const;
    }),
  );
}

/** Values of a field wherever it stands below. */
export function valuesOf(node: unknown, field: string): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [
    ...(name === field ? [value] : []),
    ...valuesOf(value, field),
  ]);
}

export function systemdUnits(): readonly string[] {
  return readdirSync(join(deployFolder, 'systemd'));
}

/** Sections of a unit, each a list of settings in their order. */
export function readUnit(text: string): ReadonlyMap<string, readonly (readonly [string, string])[]> {
  const sections = new Map<string, (readonly [string, string])[]>();
  let current: (readonly [string, string])[] | null = null;
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const section = /^\[(\w+)\]$/.exec(line)?.[1];
    const setting = /^([A-Za-z]+)=(.*)$/.exec(line);
    if (section !== undefined) sections.set(section, (current = []));
    else if (setting !== null && current !== null) current.push([setting[1] ?? '', setting[2] ?? '']);
    else throw new Error(`not a line of a unit: ${line}`);
  }
  return sections;
}
