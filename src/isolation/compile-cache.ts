// V8 keeps what it compiled, for the next start of a program that imports this first. Node has that since 22.1.
import Module from 'node:module';

/** Not in the types of Node 20. */
(Module as unknown as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
