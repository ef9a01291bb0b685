// Pictures have a twin for dark pages, chosen by <source media="(prefers-color-scheme: dark)">. That
// asks the system; where the reader has switched the theme of this site, it has to ask the site.
const DARK = "(prefers-color-scheme: dark)";

function chooseTwins() {
  const isDark = document.documentElement.dataset.theme === "dark";
  for (const source of document.querySelectorAll("picture source[media]")) {
    source.dataset.media ??= source.media;
    source.media = source.dataset.media.replace(DARK, isDark ? "(min-width: 0)" : "(width < 0)");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  chooseTwins();
  new MutationObserver(chooseTwins).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
});
