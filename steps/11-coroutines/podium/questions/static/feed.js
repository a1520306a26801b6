// The questions of a talk, kept up to date by a cursor.
import { get } from "../site/api.js";

export class Feed {
  constructor(slug) {
    Object.assign(this, { slug, cursor: "", questions: new Map() });
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
      for (const question of page.items) {
        if (question.deleted) this.questions.delete(question.id);
        else this.questions.set(question.id, question);
      }
      this.cursor = page.next;
    } while (page.more);
    return [...this.questions.values()].sort(byVotesThenAge);
  }

  async next(wait, signal) {
    const after = this.cursor && `&after=${this.cursor}`;
    const path = `/talks/${this.slug}/questions?limit=100${after}`;
    try {
      return await get(wait ? `${path}&wait=${wait}` : path, signal);
    } catch (error) {
      if (error.status === 400) Object.assign(this, { cursor: "", questions: new Map() });
      throw error;
    }
  }
}

function byVotesThenAge(a, b) {
  return b.score - a.score || a.created_at.localeCompare(b.created_at) || a.id - b.id;
}
