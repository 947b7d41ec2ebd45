/** tsc copies no Lua; the scripts lie beside the code that loads them. */
import { cpSync } from 'node:fs';

cpSync('src/redis/commands', 'dist/redis/commands', { recursive: true });
