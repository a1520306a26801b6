// The questions of a talk, kept up to date by a cursor: by asking, or by being told.
import { get } from "../site/api.js";

export class Feed {
  constructor(slug) {
    this.slug = slug;
    this.forget();
  }

  /**
   * Fetches what changed since the last time; resolves to all questions, by votes, then age. Where
   * nothing has changed, the server may `wait` for it, for so many seconds.
   */
  async update(wait = 0) {
    if (!wait) this.waiting?.abort(); // it would come back with the same
    const { signal } = wait ? (this.waiting = new AbortController()) : {};
    let page;
    do {
      page = await this.next(this.cursor && wait, signal);
      if (!page) break;
      this.take(page);
    } while (page.more);
    return this.sorted();
  }

  /** Takes what has changed: whole questions, or of those that are known a part. */
  take({ items, next }) {
    for (const item of items) {
      const known = this.questions.get(item.id);
      if (item.deleted) this.questions.delete(item.id);
      else if (known || item.source) this.questions.set(item.id, { ...known, ...item });
    }
    if (next) this.cursor = next;
  }

  forget() {
    Object.assign(this, { cursor: "", questions: new Map() });
  }

  sorted() {
    return [...this.questions.values()].sort(byVotesThenAge);
  }

  async next(wait, signal) {
    const after = this.cursor && `&after=${this.cursor}`;
    const path = `/talks/${this.slug}/questions?limit=100${after}`;
    try {
      return await get(wait ? `${path}&wait=${wait}` : path, signal);
    } catch (error) {
      if (error.status === 400) this.forget();
      throw error;
    }
  }
}

function byVotesThenAge(a, b) {
  return b.score - a.score || a.created_at.localeCompare(b.created_at) || a.id - b.id;
}
