/** What zod found, in an operator's words and at the right path. */
import type { z } from 'zod';
import { didYouMean } from './nearest.js';
import type { Path } from './problems.js';
import type { At } from './source.js';

type Issue = z.core.$ZodIssue;

export interface Complaint {
  readonly path: Path;
  readonly at: At;
  readonly message: string;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map (key: value)',
  record: 'a map (key: value)',
  array: 'a list (- item)',
  null: 'nothing',
};

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  return (Array.isArray(value) ? KINDS['array'] : KINDS[typeof value]) ?? typeof value;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined), value);
}

/** Whether a value is of the same kind as one form of a union at all, whatever is wrong inside it. */
function sameKind(issues: readonly Issue[], value: unknown): boolean {
  return issues.every((issue) => {
    if (issue.path.length > 0) return true;
    if (issue.code === 'invalid_union') return intended(issue.errors, value) !== undefined;
    return issue.code !== 'invalid_type' && issue.code !== 'invalid_value';
  });
}

/** How far a map is from one form: a key too many weighs more than one too few, and that more than a wrong value. */
function farness(issues: readonly Issue[], value: unknown): number {
  return issues.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + 3 * issue.keys.length;
    return sum + (valueAt(value, issue.path as Path) === undefined ? 2 : 1);
  }, 0);
}

/** The form of a union that was meant, when that is plain. */
function intended(forms: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return undefined;
  const [best] = forms
    .filter((issues) => sameKind(issues, value))
    .map((issues) => ({ issues, far: farness(issues, value) }))
    .sort((a, b) => a.far - b.far);
  // One key missing and another unknown: none of the forms was meant more than the others.
  return best === undefined || best.far >= 5 ? undefined : best.issues;
}

/** One complaint or more for each issue; `root` is the value that was checked, `known` the keys that exist anywhere in it. */
export function complaints(issues: readonly Issue[], root: unknown, known: Iterable<string>, above: Path = []): readonly Complaint[] {
  return issues.flatMap((issue) => complaint(issue, root, [...known], above));
}

function complaint(issue: Issue, root: unknown, known: readonly string[], above: Path): readonly Complaint[] {
  const path: Path = [...above, ...(issue.path as Path)];
  const value = valueAt(root, path);
  const at = 'value';
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const others = known.filter((name) => name !== key);
        return { path: [...path, key], at: 'key', message: `is not a key here.${didYouMean(key, others)}` };
      });
    case 'invalid_union': {
      if (value === undefined) return [{ path, at, message: `is missing: ${issue.message}` }];
      const forms = intended(issue.errors, value);
      return forms === undefined ? [{ path, at, message: issue.message }] : complaints(forms, root, known, path);
    }
    case 'invalid_key':
      return [{ path, at: 'key', message: `the name ${issue.issues[0]?.message ?? 'is not allowed'}` }];
    case 'invalid_type': {
      if (value === undefined) return [{ path, at, message: 'is missing' }];
      const wanted = KINDS[issue.expected] ?? issue.expected;
      const quote = issue.expected === 'string' && typeof value === 'number' ? ': put it in quotes' : '';
      return [{ path, at, message: `must be ${wanted}, not ${kindOf(value)}${quote}` }];
    }
    case 'too_small':
      return [
        { path, at, message: issue.origin === 'number' || issue.origin === 'int' ? `must be at least ${issue.minimum}` : issue.message },
      ];
    case 'too_big':
      return [
        { path, at, message: issue.origin === 'number' || issue.origin === 'int' ? `must be at most ${issue.maximum}` : issue.message },
      ];
    default:
      return [{ path, at, message: issue.message }];
  }
}
