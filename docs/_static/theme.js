/* Pictures for dark pages go by what the reader's system prefers, until the reader chooses here. */
function choosePictures() {
  const chosen = document.documentElement.dataset.mode;
  const media = { dark: "all", light: "not all" }[chosen] || "(prefers-color-scheme: dark)";
  document.querySelectorAll("picture source[media]").forEach((source) => {
    source.media = media;
  });
}
document.addEventListener("DOMContentLoaded", choosePictures);
new MutationObserver(choosePictures).observe(document.documentElement, {
  attributeFilter: ["data-mode"],
});
