// Export and import of labels as files; an import takes all labels or none.
function save({ name, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  dom.saveFile(name, bytes);
}

function tellFiles(words, failed = false) {
  slot("files-told").textContent = words;
  slot("files-told").className = failed ? "told failed" : "told";
  slot("files-told").hidden = !words;
}

async function exportLabels() {
  await send();
  const answer = await ask("labels_export", { format: slot("format").value });
  if (!answer || answer.problem) return tellFiles(answer?.problem || SILENT, true);
  save(answer);
  tellFiles(`${plural(answer.labels, "label")} in ${answer.name}.`);
}

async function bytesOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return { name: file.name, base64: btoa(text) };
}

async function importLabels() {
  const files = await Promise.all([...slot("file").files].map(bytesOf));
  slot("file").value = "";
  if (files.length) sendFiles(files, false);
}

async function sendFiles(files, replace) {
  tellFiles("Reading…");
  const answer = await ask("labels_import", { format: slot("format").value, files, replace }, 120000);
  if (!answer || answer.problem) {
    tellFiles(answer?.problem || SILENT, true);
    if (answer?.replaceable) slot("files-told").append(" ", button("Replace existing labels", () => sendFiles(files, true)));
    return;
  }
  const parts = [`${plural(answer.new, "label")} imported`];
  if (answer.replaced) parts.push(`${answer.replaced} replaced`);
  if (answer.same) parts.push(`${answer.same} already here`);
  tellFiles(`${parts.join(", ")}.`);
  await refreshVisit();
  readNews();
  window.dispatchEvent(new CustomEvent("labels-changed"));
}

function listenToFiles() {
  act("export").addEventListener("click", exportLabels);
  act("import").addEventListener("click", () => slot("file").click());
  slot("file").addEventListener("change", importLabels);
}
