// Lists what keeps people who cannot see a page, or use no mouse, from understanding it.
() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const show = (element) => element.outerHTML.slice(0, 80);
  const named = (element) =>
    element.textContent.trim() || element.ariaLabel || element.querySelector("img[alt]:not([alt=''])");
  const labelled = (field) => field.labels.length || field.ariaLabel;
  const known = (ids) => ids.split(" ").every((id) => document.getElementById(id));
  const levels = all("h1, h2, h3, h4, h5, h6").map((heading) => Number(heading.tagName[1]));
  const ids = all("[id]").map((element) => element.id);
  const rules = {
    "no language": document.documentElement.lang ? [] : ["html"],
    "no title": document.title.trim() ? [] : ["head"],
    "no viewport": document.querySelector("meta[name=viewport]") ? [] : ["head"],
    "not one h1": levels.filter((level) => level === 1).length === 1 ? [] : [String(levels)],
    "not one main": all("main").length === 1 ? [] : ["body"],
    "a skipped heading": levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1),
    "an id twice": ids.filter((id, at) => ids.indexOf(id) !== at),
    "a picture without alt": all("img:not([alt])").map(show),
    "a field without label": all("input:not([type=hidden]), textarea, select")
      .filter((field) => !labelled(field)).map(show),
    "nothing to read out": all("a, button, summary, legend").filter((e) => !named(e)).map(show),
    "a reference to nothing": all("[aria-describedby]")
      .filter((element) => !known(element.getAttribute("aria-describedby"))).map(show),
    "an order of its own": all("[tabindex]").filter((element) => element.tabIndex > 0).map(show),
    "a new tab that knows us": all("[target=_blank]:not([rel~=noopener])").map(show),
  };
  return Object.entries(rules).flatMap(([rule, found]) => found.map((what) => `${rule}: ${what}`));
}
