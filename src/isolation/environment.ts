/**
 * Variables that a program which runs apart is given: how the system finds programs, libraries and temporary files, and
 * what libraries read to be tuned. Everything else stays behind: tokens, passwords and addresses of databases are none of
 * a decoder's or a plugin's business.
 */
const NAMES = [
  ...['PATH', 'HOME', 'TMPDIR', 'TMP', 'TEMP', 'TZ', 'LANG', 'LANGUAGE', 'XDG_CACHE_HOME'],
  ...['NODE_ENV', 'NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['LD_LIBRARY_PATH', 'LD_PRELOAD', 'DYLD_LIBRARY_PATH', 'GLIBC_TUNABLES', 'UV_THREADPOOL_SIZE'],
  ...['NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES', 'NVIDIA_TF32_OVERRIDE'],
  // Windows starts no program without the first of these.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
  ...['PROGRAMDATA', 'PROGRAMFILES', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
];
const FAMILIES = ['LC_', 'CUDA_', 'CUDNN_', 'ORT_', 'OMP_', 'KMP_', 'GOMP_', 'MALLOC_'];
const SECRET = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|KEY/;

const known: ReadonlySet<string> = new Set(NAMES);

function isHandedDown(variable: string): boolean {
  const name = variable.toUpperCase(); // On Windows the case of a name means nothing.
  return known.has(name) || (FAMILIES.some((family) => name.startsWith(family)) && !SECRET.test(name));
}

/**
 * How glibc's malloc is told to keep little that was freed: else each thread has an arena of its own, whose freed memory stays
 * with the process. https://man7.org/linux/man-pages/man3/mallopt.3.html
 */
const FRUGAL = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };

/**
 * The variables that programs which run apart are given: those of this process that are on a list, none of them a secret; and
 * to give memory back, unless this process was told otherwise.
 */
export function environmentOfChild(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isHandedDown(entry[0]),
  );
  return { ...FRUGAL, ...Object.fromEntries(entries) };
}
