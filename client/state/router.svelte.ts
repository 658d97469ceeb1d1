/** Where in the app one is. It lies in the address's fragment, so reload, back and links work. */
export type Place =
  | { name: 'people' }
  | { name: 'conversation'; accountId: string }
  | { name: 'account' }
  | { name: 'sign-up' };

function parse(hash: string): Place {
  const [name, id] = hash.replace(/^#\/?/, '').split('/');
  if (name === 'people' && id) return { name: 'conversation', accountId: id };
  if (name === 'account') return { name: 'account' };
  if (name === 'sign-up') return { name: 'sign-up' };
  return { name: 'people' };
}

export function link(place: Place): string {
  if (place.name === 'conversation') return `#/people/${place.accountId}`;
  return place.name === 'people' ? '#/' : `#/${place.name}`;
}

export class Router {
  #place = $state.raw<Place>(parse(location.hash));
  /** The place that brought someone here who had to sign in or up first. */
  #before: Place = { name: 'people' };

  constructor() {
    addEventListener('hashchange', () => {
      if (this.#place.name !== 'sign-up') this.#before = this.#place;
      this.#place = parse(location.hash);
    });
  }

  get place(): Place {
    return this.#place;
  }

  go(place: Place): void {
    const target = link(place);
    if (target !== location.hash) location.hash = target;
  }

  /** Puts the place in this one's stead, so that "back" does not lead here again. */
  replace(place: Place): void {
    history.replaceState(null, '', link(place));
    this.#place = place;
  }

  /** After signing up: on to where the person wanted to go. */
  goOn(): void {
    if (this.#place.name === 'sign-up') this.replace(this.#before);
  }
}
