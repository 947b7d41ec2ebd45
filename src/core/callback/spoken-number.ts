/** A number as it is read to people, digit by digit: `06…` in its own country, `00…` abroad. */
export function spokenDigits(number: string, countryCode: string): readonly number[] {
  const international = number.replace(/^\+/, '');
  const dialled = international.startsWith(countryCode) ? `0${international.slice(countryCode.length)}` : `00${international}`;
  return [...dialled].map(Number);
}
