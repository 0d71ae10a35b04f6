// Keeps the page of a run up to date while the run goes on. The server writes what is shown; without this script the page
// reloads itself.
(() => {
  const run = document.getElementById("run");
  if (!run || !run.dataset.events) return;
  const events = new EventSource(run.dataset.events);
  events.addEventListener("state", (event) => {
    const open = [...run.querySelectorAll("details[open]")].map((one) => one.id);
    const focused = run.contains(document.activeElement) ? document.activeElement.id : "";
    run.innerHTML = JSON.parse(event.data);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus();
  });
  events.addEventListener("text", (event) => {
    document.getElementById("text")?.append(JSON.parse(event.data));
  });
  events.addEventListener("end", () => events.close());
  events.addEventListener("error", () => {
    // A stream that ended begins again by itself; one that was refused does not: the page says why.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
  });
})();
