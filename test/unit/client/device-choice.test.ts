import { expect, test } from 'vitest';
import { devicesToTry, type InputDevice, isBack, isSameDevice } from '../../../client/lib/device-choice.ts';

const device = (id: string, group = `group of ${id}`): InputDevice => ({
  id,
  group,
  label: `Label of ${id}`,
});
const [headset, laptop, desk] = [device('headset'), device('laptop'), device('desk')];
const system = (hardware: InputDevice): InputDevice => ({ ...hardware, id: 'default' });

const tried = (...args: Parameters<typeof devicesToTry>) => devicesToTry(...args).map(({ id }) => id);

test.each([
  ['keeps the order of the browser', [laptop, desk], headset, headset, ['laptop', 'desk']],
  [
    'tries the choice of the system first',
    [system(desk), laptop, desk],
    headset,
    headset,
    ['desk', 'laptop'],
  ],
  [
    'tries the preferred one before that',
    [system(desk), laptop, desk, headset],
    laptop,
    headset,
    ['headset', 'desk', 'laptop'],
  ],
  [
    'tries the lost one last where the list is old',
    [system(headset), headset, laptop],
    headset,
    headset,
    ['laptop', 'headset'],
  ],
  [
    'knows what was lost as the choice of the system',
    [headset, laptop],
    system(headset),
    system(headset),
    ['laptop', 'headset'],
  ],
  ['takes an alias whose hardware is not listed', [system(desk)], headset, headset, ['default']],
  ['lists no device whose id is hidden', [device('', '')], headset, headset, []],
  ['has nothing to try in an empty list', [], headset, headset, []],
  ['does without knowing what was lost', [laptop, desk], null, null, ['laptop', 'desk']],
] as const)('%s', (_, listed, lost, preferred, expected) => {
  expect(tried(listed, lost, preferred)).toEqual(expected);
});

test('an alias is the hardware that it stands for at that moment', () => {
  expect(isSameDevice(system(headset), headset)).toBe(true);
  expect(isSameDevice(system(headset), system(laptop))).toBe(false);
  expect(isSameDevice(device('one', 'same'), device('two', 'same'))).toBe(false);
  expect(isSameDevice(device('default', ''), device('default', ''))).toBe(true);
});

test('the preferred device is taken again once it has been away', () => {
  expect(isBack([laptop, headset], headset, true)).toBe(true);
  expect(isBack([laptop, headset], headset, false)).toBe(false);
  expect(isBack([laptop], headset, true)).toBe(false);
});
