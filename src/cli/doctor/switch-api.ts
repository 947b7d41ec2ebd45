/** The doctor's line to a FreeSWITCH, and how its answers are read. */

/** Sends one `api` command; resolves with the body of the answer, `-ERR …` included. Rejects when the connection is gone. */
export type SwitchApi = (command: string) => Promise<string>;

/** A `<param>` of a configuration file, as `xml_locate` prints it; `undefined`: not set there. */
export function param(xml: string, name: string): string | undefined {
  for (const [, tag = ''] of xml.matchAll(/<param\s([^>]*)>/g)) {
    if (attribute(tag, 'name') === name) return attribute(tag, 'value');
  }
  return undefined;
}

export function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1];
}

/** The text inside the first `<name>`. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}
