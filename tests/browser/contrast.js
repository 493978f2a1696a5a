// Lists texts that are too faint: below 4.5 to 1, large ones below 3 to 1 (WCAG 2.2, 1.4.3).
// A text on a pattern or in a drawing is left out, for no one color is behind it.
() => {
  const parse = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const blend = (top, below) =>
    top.rgb.map((value, at) => value * top.alpha + below[at] * (1 - top.alpha));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const style = getComputedStyle(element);
    const own = parse(style.backgroundColor);
    if (own.alpha === 1) return own.rgb;
    if (style.backgroundImage !== "none") return null;
    const below = behind(element.parentElement);
    return below && blend(own, below);
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim();
  const faint = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (![...element.childNodes].some(isText) || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const background = element instanceof SVGElement ? null : behind(element);
    if (!background) continue;
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const found = ratio(blend(parse(style.color), background), background);
    if (found < (isLarge ? 3 : 4.5)) faint.push(`${found.toFixed(2)}: ${element.textContent.trim()}`);
  }
  return faint;
}
