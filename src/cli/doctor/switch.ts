/** The FreeSWITCH itself: version, modules, limits, dangerous settings. */
import { type Finding, fail, ok, warning } from './finding.js';
import type { SwitchApi } from './switch-api.js';

/** Older ones lack commands that we rely on. */
const LEAST_VERSION = [1, 10, 12] as const;
/** Closes an abort in the event socket before authentication, and more. */
const SAFE_VERSION = [1, 11, 2] as const;

export async function checkVersion(node: string, api: SwitchApi): Promise<Finding> {
  const text = (await api('version short')).trim();
  const version = /^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  if (version === undefined) {
    return warning(
      `Node ${node}: the version “${text.slice(0, 40)}” cannot be read.`,
      `FreeSWITCH ${SAFE_VERSION.join('.')} or newer is needed.`,
    );
  }
  if (isOlder(version, LEAST_VERSION)) {
    return fail(
      `Node ${node}: FreeSWITCH ${text} is too old.`,
      `Upgrade to ${SAFE_VERSION.join('.')} or newer; ${LEAST_VERSION.join('.')} is the least that works.`,
    );
  }
  if (isOlder(version, SAFE_VERSION)) {
    return warning(
      `Node ${node}: FreeSWITCH ${text} has known holes.`,
      `Upgrade to ${SAFE_VERSION.join('.')} or newer: it can be crashed through the event socket without a password.`,
    );
  }
  return ok(`Node ${node}: FreeSWITCH ${text}.`);
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const part = than.findIndex((value, index) => version[index] !== value);
  return part !== -1 && (version[part] ?? 0) < (than[part] ?? 0);
}

/** Module → what does not work without it. */
export const NEEDED_MODULES: Readonly<Record<string, string>> = {
  mod_commands: 'nothing can be commanded',
  mod_dptools: 'calls can be neither answered nor played to',
  mod_dialplan_xml: 'calls do not reach our dialplan',
  mod_sofia: 'there is no SIP',
  mod_sndfile: 'prompts cannot be played and nothing can be recorded',
  mod_tone_stream: 'there is no beep before a message',
};

export async function checkModules(node: string, api: SwitchApi): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [module, without] of Object.entries(NEEDED_MODULES)) {
    if ((await api(`module_exists ${module}`)).trim() === 'true') continue;
    findings.push(
      fail(
        `Node ${node}: ${module} is not loaded: ${without}.`,
        `fs_cli -x "load ${module}", and add it to modules.conf.xml so that it stays.`,
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`Node ${node}: all modules that we need are loaded.`)];
}

export async function checkMusic(node: string, api: SwitchApi): Promise<Finding[]> {
  if ((await api('module_exists mod_local_stream')).trim() === 'true') return [];
  return [
    warning(
      `Node ${node}: mod_local_stream is not loaded: callers of a queue without music of its own wait in silence.`,
      'fs_cli -x "load mod_local_stream", and add it to modules.conf.xml; or give each queue its music.',
    ),
  ];
}

/** It runs a shell command for anyone who can make a channel play a file. */
export async function checkShellStream(node: string, api: SwitchApi): Promise<Finding[]> {
  if ((await api('module_exists mod_shell_stream')).trim() !== 'true') return [];
  return [
    warning(
      `Node ${node}: mod_shell_stream is loaded: a file name can run shell commands.`,
      'Remove it from modules.conf.xml and unload it.',
    ),
  ];
}

/** FreeSWITCH's own default; with caller and agent it makes 15 queued calls a second. */
const DEFAULT_RATE = 30;
const FEW_SESSIONS = 1000;

export async function checkLimits(node: string, api: SwitchApi): Promise<Finding[]> {
  const rate = numberIn(await api('fsctl sps'));
  const sessions = numberIn(await api('fsctl max_sessions'));
  const findings: Finding[] = [];
  if (rate !== undefined && rate <= DEFAULT_RATE) {
    findings.push(
      warning(
        `Node ${node}: sessions-per-second is ${rate}; a call to an agent takes two, what is over is refused.`,
        'Raise sessions-per-second in switch.conf.xml, e.g. to 200; at once: fs_cli -x "fsctl sps 200"',
      ),
    );
  }
  if (sessions !== undefined && sessions < FEW_SESSIONS) {
    findings.push(
      warning(
        `Node ${node}: max-sessions is ${sessions}; a talk takes two, a waiting caller one.`,
        'Raise max-sessions in switch.conf.xml if so many calls can come; at once: fs_cli -x "fsctl max_sessions 2000"',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`Node ${node}: room for ${sessions ?? '?'} sessions, ${rate ?? '?'} new ones a second.`)];
}

function numberIn(answer: string): number | undefined {
  const digits = /(\d+)/.exec(answer)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export async function checkApiExpansion(node: string, api: SwitchApi): Promise<Finding> {
  // Without a value it only tells.
  if (/is off/.test(await api('fsctl api_expansion'))) return ok(`Node ${node}: api-expansion is off.`);
  return warning(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what FreeSWITCH would run
    `Node ${node}: api-expansion is on: text like ${'${system(…)}'} in a variable is run as a command.`,
    'Set <param name="api-expansion" value="false"/> in switch.conf.xml; at once: fs_cli -x "fsctl api_expansion off"',
  );
}
