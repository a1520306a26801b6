// How long ago things were, in words.

/** Writes the age of everything that has one. */
export function writeAges(root = document) {
  for (const time of root.querySelectorAll("time[data-seconds]")) {
    const minutes = Math.floor((Date.now() / 1000 - time.dataset.seconds) / 60);
    const hours = Math.floor(minutes / 60);
    const words = minutes < 1 ? "just now" : hours < 1 ? `${minutes} min ago`
      : hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
    if (!time.dateTime) time.dateTime = new Date(time.dataset.seconds * 1000).toISOString();
    if (time.textContent !== words) time.textContent = words;
  }
}
