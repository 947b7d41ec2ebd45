/** What is wrong in a configuration, in words and at a place that an operator can open in an editor. */

/** The way from the top of a YAML file to a value, e.g. `['menus', 'main', 'keys', '1']`. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** As the folder was given, e.g. `demo/config/tenants/cabinet-martin.yaml`. */
  readonly file: string;
  /** From 1; 0 when the problem is the file itself. */
  readonly line: number;
  /** From 1; 0 when the problem is the file itself. */
  readonly column: number;
  /** e.g. `menus.main.keys.1` or `numbers[0]`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
}

/** `file:line:col path: message`, which editors and terminals make clickable. */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return path === '' ? `${place} ${message}` : `${place} ${path}: ${message}`;
}

export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** In the order in which they are met when the files are read from top to bottom. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.file.localeCompare(b.file, 'en') || a.line - b.line || a.column - b.column);
}
