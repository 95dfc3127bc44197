//! Reports as one HTML file that needs nothing else.

use std::fmt::Write;

use crate::cli::picture::svg::escaped;

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; } dt { opacity: .7; } dd { margin: 0; }
figure { margin: 1rem 0; overflow-x: auto; } figure svg { width: 100%; min-width: 40rem; height: auto; border-radius: 6px; }
.scroll { max-height: 32rem; overflow: auto; border: 1px solid #8886; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { position: sticky; top: 0; background: Canvas; cursor: pointer; }
";
/// Sorts a table by the column whose heading is clicked.
const SCRIPT: &str = "
for (const th of document.querySelectorAll('th')) th.onclick = () => {
  const body = th.closest('table').tBodies[0], at = th.cellIndex, down = th.dataset.down !== 'yes';
  th.dataset.down = down ? 'yes' : 'no';
  const value = row => { const t = row.cells[at].textContent, n = parseFloat(t.replaceAll(',', '')); return isNaN(n) ? t : n; };
  const order = (a, b) => typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  body.append(...[...body.rows].sort((a, b) => (down ? -1 : 1) * order(value(a), value(b))));
};
";

/// A page that grows section by section.
pub struct Page(String);

impl Page {
    pub fn new(title: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n"
        ))
    }

    pub fn heading(&mut self, text: &str) {
        _ = writeln!(self.0, "<h2>{}</h2>", escaped(text));
    }

    pub fn facts(&mut self, facts: &[(&str, String)]) {
        self.0.push_str("<dl>");
        for (name, value) in facts {
            _ = write!(self.0, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
        }
        self.0.push_str("</dl>\n");
    }

    pub fn figure(&mut self, svg: &str) {
        _ = writeln!(self.0, "<figure>{svg}</figure>");
    }

    /// A table that is sorted by a click on a heading.
    pub fn table(&mut self, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        self.0.push_str("<div class=\"scroll\"><table><thead><tr>");
        columns.iter().for_each(|column| _ = write!(self.0, "<th>{}</th>", escaped(column)));
        self.0.push_str("</tr></thead><tbody>\n");
        for row in rows {
            self.0.push_str("<tr>");
            row.iter().for_each(|cell| _ = write!(self.0, "<td>{}</td>", escaped(cell)));
            self.0.push_str("</tr>\n");
        }
        self.0.push_str("</tbody></table></div>\n");
    }

    pub fn finish(self) -> String {
        format!("{}<script>{SCRIPT}</script>\n</html>\n", self.0)
    }
}
