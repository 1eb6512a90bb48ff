// Before the first paint: a theme that was chosen (src/theme.ts), so that a dark page does not flash white.
{
  const theme = localStorage.getItem("navstream.theme");
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
}
