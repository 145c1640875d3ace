// Runs before the first paint (not a module, on purpose): the chosen theme, or the system's.
(function () {
  var theme = "auto";
  try {
    theme = localStorage.getItem("architecture-playground.theme") || "auto";
  } catch (error) {
    // Storage is forbidden: the system's theme it is.
  }
  if (theme !== "auto") document.documentElement.dataset.theme = theme;
})();
