/** Keys of the configuration whose values must be on no screen and in no log. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['auth.tokens', 'server.signingKey']);

/** What the options of plugins are called that hold secrets: `apiKey`, `HF_TOKEN`, `headers`, `connection-string`. */
const SECRET_NAMES =
  'token|key|secret|pass|passwd|passw(?:or)?d|passphrase|pwd|pin|credential|auth|authori[sz]ation|authentication|bearer|header|cookie|signature|jwt|dsn|sas|connection_?string';
const SECRET_OPTION = new RegExp(`(?:^|_)(?:${SECRET_NAMES})s?(?:_|$)|(?:token|key|secret|password)s?$`, 'i');
/** `?api_key=…`, `password=…`: the parameters of an address, or of a connection string. */
const SECRET_PARAMETER = new RegExp(
  `(\\b[\\w-]*(?:token|key|secret|passw(?:or)?d|pwd|credential|authorization|signature|sig)\\s*=\\s*)(?:"[^"]*"|'[^']*'|[^&;\\s]+)`,
  'gi',
);
/** Up to the last @: a password may hold marks of an address that were not escaped. */
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)\S*@/gi;
const SCHEME = /\b(Bearer|Basic)\s+\S+/gi;

/** What is shown in the place of a secret. */
const MASK = '…';

function soundsSecret(name: string): boolean {
  return SECRET_OPTION.test(name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^a-z0-9]+/gi, '_'));
}

function isSecret(path: readonly string[]): boolean {
  if (SECRET_KEYS.has(path.join('.'))) return true;
  // The options of plugins: what they mean is only in their names.
  return (path[0] === 'runtimes' || path[0] === 'stores') && path.slice(2).some(soundsSecret);
}

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mask(child)]));
  }
  return value === null || value === undefined ? value : MASK;
}

function maskWithin(text: string): string {
  return text
    .replace(CREDENTIALS, `$1${MASK}@`)
    .replace(SECRET_PARAMETER, `$1${MASK}`)
    .replace(SCHEME, `$1 ${MASK}`);
}

/**
 * A value of the configuration as it may be shown. This is the place that says what is secret: the tokens, the key for signing, each option of
 * a plugin whose name sounds like a secret (`apiKey`, `headers`), with all that is under it, and in other texts the
 * credentials of addresses, `Bearer …` and parameters such as `?token=…`.
 *
 * @param path of the value: `['auth', 'tokens']`
 */
export function withoutSecrets(path: readonly string[], value: unknown): unknown {
  if (isSecret(path)) return mask(value);
  if (typeof value === 'string') return maskWithin(value);
  if (Array.isArray(value)) return value.map((child) => withoutSecrets(path, child));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, withoutSecrets([...path, key], child)]),
    );
  }
  return value;
}
