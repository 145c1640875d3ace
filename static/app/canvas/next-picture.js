/**
 * Draws at most once for each picture of the browser, however often it is asked for.
 *
 * @param {() => void} draw
 * @returns {() => void} asks for it
 */
export function atNextPicture(draw) {
  let pending = false;
  return () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      draw();
    });
  };
}
