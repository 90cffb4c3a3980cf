// Sets dark or light before the first paint. A file of its own, since the page's policy allows no script inside the page.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("trueup-colours");
  } catch {
    // Without storage the system's setting holds.
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
