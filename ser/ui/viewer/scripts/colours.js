// @ts-check
// Bytes to colours. The maps are matplotlib's magma, viridis and gray_r: 256 times R, G, B as base64, made by
// base64.b64encode(matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3].tobytes()), which a test checks.
import { node } from "../../page/dom.js";
import { context2d } from "./elements.js";
import { bytesOf, clamp } from "./numbers.js";

/** @type {Record<string, string>} */
export const COLOUR_MAPS = {
  magma:
    "AAADAAAEAAAGAQAHAQEJAQELAgINAgIPAwMRBAMTBAQVBQQXBgUZBwUbCAYdCQcfCgciCwgkDAkmDQooDgoqDwssEAwvEQwxEg0zFA01FQ44Fg46Fw88GA8/GhBBGxBEHBBGHhBJHxFLIBFNIhFQIxFSJRFVJhFXKBFZKhFcKxFeLRBgLxBiMBBlMhBnNBBoNQ9qNw9sOQ9uOw9vPA9xPg9yQA9zQg90Qw91RQ92Rw93SBB4ShB5SxB5TRF6TxF7UBJ7UhJ8UxN8VRN9VxR9WBV+WhV+WxZ+XRd+Xhd/YBh/YRh/Yxl/ZRqAZhqAaBuAaRyAaxyAbB2Abh6Bbx6BcR+Bcx+BdCCBdiGBdyGBeSKBeiKBfCOBfiSBfySBgSWBgiWBhCaBhSaBhyeBiSiBiiiBjCmAjSmAjyqAkSqAkiuAlCuAlSyAlyx/mS1/mi1/nC5/ni5+ny9+oS9+ozB+pDB9pjF9pzF9qTJ8qzN8rDN7rjR7sDR7sTV6szV6tTZ5tjZ5uDd4uTd4uzh3vTl3vjl2wDp1wjp1wzt0xTx0xjxzyD1yyj5yyz5xzT9wzkBw0EFv0UJu00Jt1ENt1kRs10Vr2UZq2kdp3Ehp3Ulo3kpn4Etm4Uxm4k1l5E5k5VBj5lFi51Ji6FRh6lVg61Zg7Fhf7Vlf7lte7l1d715d8GBd8WFc8mNc82Vc82db9Ghb9Wpb9Wxb9m5b9nBb93Fb93Nc+HVc+Hdc+Xlc+Xtd+X1d+n9e+oBe+oJf+4Rg+4Zg+4hh+4pi/Ixj/I5j/JBk/JJl/JNm/ZVn/Zdo/Zlp/Ztq/Z1r/Z9s/aFu/aJv/aRw/qZx/qhz/qp0/qx1/q52/q94/rF5/rN7/rV8/rd9/rl//ruA/ryC/r6D/sCF/sKG/sSI/saJ/seL/smN/suO/c2Q/c+S/dGT/dKV/dSX/daY/dia/dqc/dyd/d2f/d+h/eGj/OOl/OWm/Oao/Oiq/Oqs/Oyu/O6w/PCx/PGz/PO1/PW3+/e5+/m7+/q9+/y/",
  viridis:
    "RAFURAJVRANXRQVYRQZaRQhbRglcRgteRgxfRg5hRw9iRxFjRxJlRxRmRxVnRxZpRxhqSBlrSBpsSBxuSB1vSB5wSCBxSCFySCJzSCN0RyV1RyZ2Ryd3Ryh4Ryp5Ryt6Ryx7Ri18Ri98RjB9RjF+RTJ/RTR/RTWARTaBRDeBRDmCQzqDQzuDQzyEQj2EQj6FQkCFQUGGQUKGQEOHQESHP0WHP0eIPkiIPkmJPUqJPUuJPUyJPE2KPE6KO1CKO1GKOlKLOlOLOVSLOVWLOFaLOFeMN1iMN1mMNlqMNluMNVyMNV2MNF6NNF+NM2CNM2GNMmKNMmONMWSNMWWNMWaNMGeNMGiNL2mNL2qNLmuOLmyOLm2OLW6OLW+OLHCOLHGOLHKOK3OOK3SOKnWOKnaOKneOKXiOKXmOKHqOKHqOKHuOJ3yOJ32OJ36OJn+OJoCOJoGOJYKOJYONJISNJIWNJIaNI4eNI4iNI4mNIomNIoqNIouNIYyNIY2MIY6MII+MIJCMIJGMH5KMH5OLH5SLH5WLH5aLHpeKHpiKHpmKHpmKHpqJHpuJHpyJHp2IHp6IHp+IHqCHH6GHH6KGH6OGIKSFIKWFIaaFIaeEIqeEI6iDI6mCJKqCJauBJqyBJ62AKK5/Ka9/KrB+K7F9LLF9LrJ8L7N7MLR6MrV6M7Z5Nbd4Nrh3OLl2Obl2O7p1Pbt0PrxzQL1yQr5xRL5wRb9vR8BuScFtS8JsTcJrT8NpUcRoU8VnVcZmV8ZlWcdkW8hiXslhYMlgYspfZMtdZ8xcacxba81Zbc5YcM5Wcs9VdNBUd9BSedFRfNJPftJOgdNMg9NLhtRJiNVHi9VGjdZEkNZDktdBldc/l9g+mtg8ndk6n9k4oto3pdo1p9szqtsyrdwwr9wust0std0rt90put4nvd4mv98kwt8ixd8hx+AfyuAezeAdz+Ec0uEb1OEa1+IZ2uIY3OIY3+MY4eMY5OMY5+QZ6eQZ7OQa7uUb8eUc8+Ue9uYf+OYh+uYi/eck",
  grey: "/////v7+/f39/Pz8+/v7+vr6+fn5+Pj49/f39vb29fX19PT08/Pz8vLy8fHx8PDw7+/v7u7u7e3t7Ozs6+vr6urq6enp6Ojo5+fn5ubm5eXl5OTk4+Pj4uLi4eHh4ODg39/f3t7e3d3d3Nzc29vb2tra2dnZ2NjY19fX1tbW1dXV09PT09PT0tLS0dHR0NDQz8/Pzs7Ozc3NzMzMy8vLysrKycnJyMjIx8fHxsbGxcXFw8PDw8PDwsLCwcHBwMDAv7+/vr6+vb29vLy8u7u7urq6ubm5uLi4t7e3tra2tbW1s7Ozs7OzsrKysbGxsLCwr6+vrq6ura2trKysq6urqqqqqampqKiop6enpqampaWlo6Ojo6OjoqKioaGhoKCgn5+fnp6enZ2dnJycm5ubmpqamZmZmJiYl5eXlpaWlZWVk5OTk5OTkpKSkZGRkJCQj4+Pjo6OjY2NjIyMi4uLioqKiYmJiIiIh4eHhoaGhYWFg4ODg4ODgoKCgYGBgICAf39/fn5+fX19fHx8e3t7eXl5eXl5eHh4d3d3dnZ2dXV1dHR0cnJycXFxcXFxcHBwb29vbm5ubW1tbGxsa2traWlpaWlpaGhoZ2dnZmZmZWVlZGRkYmJiYWFhYWFhYGBgX19fXl5eXV1dXFxcW1tbWVlZWVlZWFhYV1dXVlZWVVVVVFRUUlJSUVFRUVFRUFBQT09PTk5OTU1NTExMS0tLSUlJSUlJSEhIR0dHRkZGRUVFREREQkJCQUFBQUFBQEBAPz8/Pj4+PT09PDw8Ozs7OTk5ODg4ODg4Nzc3NjY2NTU1NDQ0MjIyMTExMDAwMDAwLy8vLi4uLS0tLCwsKysrKSkpKCgoKCgoJycnJiYmJSUlJCQkIiIiISEhICAgICAgHx8fHh4eHR0dHBwcGxsbGRkZGBgYGBgYFxcXFhYWFRUVFBQUEhISEREREBAQEBAQDw8PDg4ODQ0NDAwMCwsLCQkJCAgICAgIBwcHBgYGBQUFBAQEAgICAQEBAAAAAAAA",
};

export const MIN_DB = -100; // byte 0; a byte is round((dB + 100) * 2.55)
const LEVELS_PER_DB = 2.55;

/** @param {number} byte */
export const dbOf = (byte) => byte / LEVELS_PER_DB + MIN_DB;

const colourTables = Object.fromEntries(
  Object.entries(COLOUR_MAPS).map(([name, text]) => [name, bytesOf(text)]),
);

/** @typedef {import("./picture_choices.js").Choices} Choices */
/** @typedef {{ key: string, pixels: Uint32Array, ground: string }} Palette */

/**
 * A part of a picture: bytes row after row, the lowest band first.
 * @typedef {object} Cells
 * @property {Uint8Array} bytes
 * @property {number} bands
 * @property {number} frames
 * @property {HTMLCanvasElement} [picture] what is drawn, kept until the palette changes
 * @property {string} [paletteKey]
 */

/**
 * Return the place of a dB value on the colour map, 0 to 255: 0 for the floor and anything below it, 255 for the maximum. A
 * contrast above 1 darkens the middle, and only loud parts stand out; below 1 it brightens faint parts.
 * @param {number} db
 * @param {Pick<Choices, "floor_db" | "contrast">} choices
 */
export function placeOnMap(db, { floor_db, contrast }) {
  const share = clamp((db - floor_db) / -floor_db, 0, 1);
  return Math.min(255, Math.floor(256 * (contrast === 1 ? share : share ** contrast)));
}

/**
 * @param {number} place 0 to 255
 * @param {string} colours name of the map
 */
export function colourAt(place, colours) {
  const [r, g, b] = colourTables[colours].subarray(3 * place);
  return `rgb(${r} ${g} ${b})`;
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Return the colour of each byte as a pixel.
 * @param {Choices} choices
 * @param {string} key names the palette
 * @returns {Palette}
 */
export function paletteOf(choices, key) {
  const table = colourTables[choices.colours];
  const pixels = Uint32Array.from({ length: 256 }, (_, byte) => {
    const [r, g, b] = table.subarray(3 * placeOnMap(dbOf(byte), choices));
    const pixel = LITTLE_ENDIAN
      ? (255 << 24) | (b << 16) | (g << 8) | r
      : (r << 24) | (g << 16) | (b << 8) | 255;
    return pixel >>> 0;
  });
  return { key, pixels, ground: colourAt(0, choices.colours) };
}

/**
 * Return the picture of cells: one pixel a cell, the highest band at the top.
 * @param {Cells} cells
 * @param {Palette} palette
 */
export function pictureOf(cells, { key, pixels }) {
  if (cells.picture && cells.paletteKey === key) return cells.picture;
  const { bytes, bands, frames } = cells;
  cells.picture ||= node("canvas", { width: frames, height: bands });
  const ctx = context2d(cells.picture);
  const image = ctx.createImageData(frames, bands);
  const out = new Uint32Array(image.data.buffer);
  for (let band = 0; band < bands; band++) {
    const [from, to] = [band * frames, (bands - 1 - band) * frames];
    for (let frame = 0; frame < frames; frame++) out[to + frame] = pixels[bytes[from + frame]];
  }
  ctx.putImageData(image, 0, 0);
  cells.paletteKey = key;
  return cells.picture;
}
