const STAYS = 6_000;

export interface Toast {
  id: number;
  text: string;
  /** A fault is read out at once and stays until it is closed. */
  fault: boolean;
}

/** Short words about what happened, at the edge of the screen. */
export class Toasts {
  #list = $state.raw<readonly Toast[]>([]);
  #next = 1;

  get list(): readonly Toast[] {
    return this.#list;
  }

  tell(text: string): void {
    const id = this.#add(text, false);
    setTimeout(() => this.close(id), STAYS);
  }

  fault(text: string): void {
    this.#add(text, true);
  }

  close(id: number): void {
    this.#list = this.#list.filter((toast) => toast.id !== id);
  }

  #add(text: string, fault: boolean): number {
    const id = this.#next++;
    // The same words twice help nobody.
    this.#list = [...this.#list.filter((toast) => toast.text !== text), { id, text, fault }];
    return id;
  }
}
