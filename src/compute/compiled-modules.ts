/**
 * Our own WebAssembly modules, each compiled once in a process: the main thread compiles them and posts them to its
 * compute threads, which then share the machine code, also what V8 has optimised since. A thread that was given none, as in
 * a program that only uses the kernels, compiles what it needs at its first use.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { StalewartError } from '../errors.js';

/** Where the build puts them. */
const files = {
  kernels: new URL('./wasm-training/kernels.wasm', import.meta.url),
  plan: new URL('./plan/plan.wasm', import.meta.url),
} as const;

export type ModuleName = keyof typeof files;
export type CompiledModules = Readonly<Record<ModuleName, WebAssembly.Module>>;

const compiled: Partial<Record<ModuleName, WebAssembly.Module>> = {};

/**
 * All of them, to be posted to threads; compiled at the first call.
 * @throws StalewartError COMPUTE if the build has not made one
 */
export async function compileModules(): Promise<CompiledModules> {
  const [kernels, plan] = await Promise.all([compileAside('kernels'), compileAside('plan')]);
  return { kernels, plan };
}

/** Has this thread use the modules that another one has compiled. */
export function adoptModules(modules: CompiledModules): void {
  Object.assign(compiled, modules);
}

/**
 * The module of this name.
 * @throws StalewartError COMPUTE if the build has not made it
 */
export function compiledModule(name: ModuleName): WebAssembly.Module {
  try {
    return keep(name, compiled[name] ?? new WebAssembly.Module(readFileSync(files[name])));
  } catch (cause) {
    throw cannotLoad(name, cause);
  }
}

async function compileAside(name: ModuleName): Promise<WebAssembly.Module> {
  try {
    return keep(name, compiled[name] ?? (await WebAssembly.compile(await readFile(files[name]))));
  } catch (cause) {
    throw cannotLoad(name, cause);
  }
}

function keep(name: ModuleName, module: WebAssembly.Module): WebAssembly.Module {
  compiled[name] = module;
  return module;
}

function cannotLoad(name: ModuleName, cause: unknown): StalewartError {
  return new StalewartError('COMPUTE', `${files[name].pathname} cannot be loaded: run npm run build`, {
    cause,
  });
}
