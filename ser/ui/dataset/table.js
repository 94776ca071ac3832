// The Data set tab's table: only the visible rows, and a few around them, are in the DOM.
function drawHead() {
  const key = order.replace("-", "");
  const reversed = order.startsWith("-");
  if (!slot("head").childElementCount) {
    slot("head").replaceChildren(...columns.map((column, i) => {
      const name = column.name ? [dom.node("button", { type: "button", textContent: column.name })] : [dom.node("span", { className: "hidden-words", textContent: "Play" })];
      const cell = dom.node("div", { className: `cell ${column.key}`, role: "columnheader" }, ...name);
      cell.setAttribute("aria-colindex", i + 1);
      cell.dataset.sort = column.key;
      return cell;
    }));
    const options = columns.filter(({ name }) => name).flatMap(({ key, name }) => [[key, name], [`-${key}`, `${name}, reversed`]]);
    slot("sort").replaceChildren(...options.map(([value, textContent]) => dom.node("option", { value, textContent })));
  }
  for (const cell of slot("head").children) {
    const here = cell.dataset.sort === key;
    if (here) cell.setAttribute("aria-sort", reversed ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  }
  slot("sort").value = order;
}

function drawRows() {
  const body = slot("body");
  body.style.height = `${ROW_PX * matches.length}px`;
  grid.setAttribute("aria-rowcount", matches.length + 1);
  const first = Math.max(0, Math.floor(grid.scrollTop / ROW_PX) - SPARE_ROWS);
  const last = Math.min(matches.length, Math.ceil((grid.scrollTop + grid.clientHeight) / ROW_PX) + SPARE_ROWS);
  const nodesById = new Map([...body.children].map((node) => [node.id, node]));
  const nodes = [];
  for (let i = first; i < last; i++) {
    const node = nodesById.get(`row-${matches[i].clip}`) || makeRow(matches[i]);
    node.style.top = `${ROW_PX * i}px`;
    node.setAttribute("aria-rowindex", i + 2);
    node.setAttribute("aria-selected", String(matches[i] === opened));
    nodes.push(node);
  }
  if (!matches.length) nodes.push(dom.node("div", { className: "nothing-fits", role: "row" }, dom.node("div", { role: "gridcell", textContent: "No clip fits these filters." })));
  const same = nodes.length === body.childElementCount && nodes.every((node, i) => node === body.children[i]);
  if (!same) body.replaceChildren(...nodes);
  if (opened && nodes.some(({ id }) => id === `row-${opened.clip}`)) grid.setAttribute("aria-activedescendant", `row-${opened.clip}`);
  else grid.removeAttribute("aria-activedescendant");
}

function makeRow(row) {
  const node = dom.node("div", { className: `clip-row ${row.part}`, id: `row-${row.clip}`, role: "row" });
  columns.forEach((column, i) => {
    const cell = dom.node("div", { className: `cell ${column.key}`, role: "gridcell" }, ...column.cell(row));
    cell.setAttribute("aria-colindex", i + 1);
    if (["crowd", "sentence"].includes(column.key)) cell.title = cell.textContent;
    node.append(cell);
  });
  return node;
}

function keepInSight(index) {
  const head = slot("head").offsetHeight;
  const top = ROW_PX * index;
  if (top < grid.scrollTop) grid.scrollTop = top;
  const below = top + ROW_PX + head - grid.clientHeight;
  if (below > grid.scrollTop) grid.scrollTop = below;
}
