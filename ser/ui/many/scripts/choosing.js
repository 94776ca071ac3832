// @ts-check
// The files that a person chooses or drops, with their folders.

/** @typedef {{ file: File, path: string }} Chosen */

/**
 * Return which files of a folder are sounds, by their names, and how many others there are. Hidden files count as none.
 * @param {Chosen[]} files
 * @param {Set<string>} endings such as ".wav"
 */
export function sounds(files, endings) {
  const visible = files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
  const isSound = (/** @type {Chosen} */ { path }) => {
    const dot = path.lastIndexOf(".");
    return dot > path.lastIndexOf("/") && endings.has(path.slice(dot).toLowerCase());
  };
  const chosen = visible.filter(isSound);
  return { chosen, leftOut: visible.length - chosen.length };
}

/**
 * Return the files of an input, those of a folder with their folders.
 * @param {HTMLInputElement} input
 * @returns {Chosen[]}
 */
export const chosenIn = ({ files }) =>
  [...(files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/**
 * Return what was dropped: single files as they are, and the files of folders, which are read to the end.
 * @param {DataTransfer} dropped
 * @returns {Promise<{ files: Chosen[], inFolders: Chosen[] }>}
 */
export async function droppedIn(dropped) {
  // The entries are there only as long as the event, so all of them are taken before the first is read.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = [...dropped.files].map((file) => ({ file, path: file.name }));
  if (!entries.some((entry) => entry?.isDirectory)) return { files, inFolders: [] };
  const single = files.filter((_, i) => entries[i] && !entries[i].isDirectory);
  /** @type {Chosen[]} */
  const inFolders = [];
  for (const entry of entries) if (entry?.isDirectory) await readFolder(entry, entry.name, inFolders);
  return { files: single, inFolders };
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} path
 * @param {Chosen[]} found
 */
async function readFolder(entry, path, found) {
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // A browser gives a hundred at a time.
    /** @type {FileSystemEntry[]} */
    const part = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!part.length) return;
    for (const inside of part) {
      const insidePath = `${path}/${inside.name}`;
      if (inside.isDirectory) {
        await readFolder(inside, insidePath, found);
        continue;
      }
      /** @type {File | null} */
      const file = await new Promise((resolve) =>
        /** @type {FileSystemFileEntry} */ (inside).file(resolve, () => resolve(null)),
      );
      if (file) found.push({ file, path: insidePath });
    }
  }
}
