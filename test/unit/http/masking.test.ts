import t from 'tap';
import { maskNumber } from '../../../src/http/masking.js';

t.test('two last digits stay, short numbers are hidden wholly', async (t) => {
  t.equal(maskNumber('+33612345678'), '**********78');
  t.equal(maskNumber('12345'), '***45');
  t.equal(maskNumber('1234'), '****');
  t.equal(maskNumber('15'), '**');
  t.equal(maskNumber(''), '');
});
