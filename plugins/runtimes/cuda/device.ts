import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What the driver's own program says of a device; undefined where it isn't there, or says nothing. */
async function ask(device: number, ...fields: readonly string[]): Promise<string[] | undefined> {
  // With fewer devices made visible, their numbers are places in that list; it has nvidia-smi's own numbers or names.
  const visible = process.env.CUDA_VISIBLE_DEVICES?.split(',').map((id) => id.trim());
  const id = visible === undefined ? String(device) : visible.at(device);
  if (id === undefined || id === '') return undefined;
  const query = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits', `--id=${id}`];
  const asked = await promisify(execFile)('nvidia-smi', query, { timeout: 5000 }).catch(() => undefined);
  const values = asked?.stdout
    .split('\n')[0]
    .split(',')
    .map((value) => value.trim());
  return values?.length === fields.length && values.every((value) => value !== '') ? values : undefined;
}

/** The card's name, or its number where nobody knows it. */
export async function deviceName(device: number): Promise<string> {
  return (await ask(device, 'name'))?.[0] ?? `CUDA device ${device}`;
}

/** Megabytes of its memory: those in use, by whomever, and all. */
export async function deviceMemory(device: number): Promise<{ used: number; total: number } | undefined> {
  const [used, total] = (await ask(device, 'memory.used', 'memory.total'))?.map(Number) ?? [];
  return Number.isFinite(used) && Number.isFinite(total) ? { used, total } : undefined;
}
