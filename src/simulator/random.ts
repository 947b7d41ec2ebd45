/** Random numbers that are the same in every run with the same seed: sfc32 (C. Doty-Humphrey, PractRand), seeded from text. */

/** FNV-1a over the text, from four different starts: close seeds give unrelated streams. */
function hash(text: string, start: number): number {
  let value = start;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16_777_619);
  return value >>> 0;
}

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
    this.#a = hash(seed, 2_166_136_261);
    this.#b = hash(seed, 0x9e3779b9);
    this.#c = hash(seed, 0x85ebca6b);
    for (let round = 0; round < 12; round++) this.uniform();
  }

  /** A stream of its own: drawing more from one changes nothing in another, so that two runs that differ in one thing can be compared. */
  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** 0 ≤ x < 1 */
  uniform(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** `variation`: standard deviation over mean. */
  lognormal(mean: number, variation: number): number {
    const variance = Math.log(1 + variation * variation);
    return mean * Math.exp(Math.sqrt(variance) * this.#normal() - variance / 2);
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.uniform() * from.length)];
  }

  /** Box and Muller. */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}
