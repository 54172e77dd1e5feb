// What is on the canvas at one moment: items in the order in which they lie on each other, changed
// by one change after the other. A change of an item that is not there does nothing.

import type { Change, Kind, Look, View } from "./changes";

export interface Item {
  readonly id: number;
  readonly kind: Kind;
  readonly points: readonly number[];
  readonly look: Look;
}

/** Hears what becomes of the items, to show it. */
export interface Watcher {
  viewed(view: View): void;
  added(item: Item): void;
  changed(item: Item): void;
  raised(id: number): void;
  lowered(id: number): void;
  deleted(id: number): void;
  cleared(): void;
}

export const FIRST_VIEW: View = { x: -320, y: -300, width: 640, height: 600, background: "#ffffff" };
/** Items beyond this are not taken: no program within its limit has more. */
const MOST_ITEMS = 100_000;

export class Picture {
  view: View = FIRST_VIEW;
  private items = new Map<number, Item>();

  /** The lowest first. */
  all(): IterableIterator<Item> {
    return this.items.values();
  }

  isEmpty(): boolean {
    return this.items.size === 0;
  }

  apply(change: Change, watcher?: Watcher): void {
    switch (change.what) {
      case "view":
        this.view = change.view;
        watcher?.viewed(change.view);
        return;
      case "clear":
        this.items.clear();
        watcher?.cleared();
        return;
      case "add":
        this.add(change, watcher);
        return;
      default:
        this.change(change, watcher);
    }
  }

  private add(change: Change & { readonly what: "add" }, watcher?: Watcher): void {
    const { id, kind, points, look } = change;
    if (this.items.delete(id)) watcher?.deleted(id);
    if (this.items.size >= MOST_ITEMS) return;
    const item: Item = { id, kind, points, look };
    this.items.set(id, item);
    watcher?.added(item);
  }

  private change(change: Exclude<Change, { readonly what: "view" | "clear" | "add" }>, watcher?: Watcher): void {
    const { id } = change;
    const item = this.items.get(id);
    if (item === undefined) return;
    switch (change.what) {
      case "move":
        this.put({ ...item, points: change.points }, watcher);
        return;
      case "extend":
        this.put({ ...item, points: [...item.points, ...change.points] }, watcher);
        return;
      case "look":
        this.put({ ...item, look: { ...item.look, ...change.look } }, watcher);
        return;
      case "raise":
        this.items.delete(id);
        this.items.set(id, item);
        watcher?.raised(id);
        return;
      case "lower":
        this.items.delete(id);
        this.items = new Map([[id, item], ...this.items]);
        watcher?.lowered(id);
        return;
      case "delete":
        this.items.delete(id);
        watcher?.deleted(id);
    }
  }

  private put(item: Item, watcher?: Watcher): void {
    this.items.set(item.id, item);
    watcher?.changed(item);
  }
}
