// Pages where one thing after the other is judged: an element with data-key answers to that key.
document.addEventListener("keydown", (event) => {
  if (!document.querySelector("[data-review]") || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, textarea, select, [contenteditable]") || event.repeat || !/^[a-z]$/i.test(event.key)) return;
  const target = document.querySelector(`[data-review] [data-key="${event.key.toLowerCase()}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});
