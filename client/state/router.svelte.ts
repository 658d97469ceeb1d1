/** Where in the app one is. It lies in the address's fragment, so reload, back and links work. */
export type Place =
  { name: 'people' } | { name: 'conversation'; accountId: string } | { name: (typeof SCREENS)[number] };

/** Places that are named by themselves. */
const SCREENS = ['account', 'doctor', 'admin'] as const;

function parse(hash: string): Place {
  const [name, id] = hash.replace(/^#\/?/, '').split('/');
  if (name === 'people' && id) return { name: 'conversation', accountId: id };
  return { name: SCREENS.find((screen) => screen === name) ?? 'people' };
}

function link(place: Place): string {
  if (place.name === 'conversation') return `#/people/${place.accountId}`;
  return place.name === 'people' ? '#/' : `#/${place.name}`;
}

export class Router {
  #place = $state.raw<Place>(parse(location.hash));

  constructor() {
    addEventListener('hashchange', this.#moved);
  }

  get place(): Place {
    return this.#place;
  }

  go(place: Place): void {
    location.hash = link(place);
  }

  close(): void {
    removeEventListener('hashchange', this.#moved);
  }

  readonly #moved = (): void => {
    this.#place = parse(location.hash);
  };
}
