//! The book, as HTML.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fetched::Tool;
use crate::step::{Done, run};

/// Without its server and its search.
const MDBOOK: Tool = Tool { name: "mdbook", version: "0.5.4", options: &["--no-default-features"] };
const HTML: &str = "docs/book";

/// Builds the book with mdBook, and follows the links between its pages and into the repository.
pub(super) fn book() -> Done {
    let Some(mdbook) = MDBOOK.path() else {
        return Ok(());
    };
    run("book", Command::new(mdbook).args(["build", "docs"]))?;
    let broken = broken_links(Path::new(HTML)).map_err(|error| format!("book: {error}"))?;
    if broken.is_empty() { Ok(()) } else { Err(format!("book: broken links\n{}", broken.join("\n"))) }
}

fn broken_links(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut pages = HashMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "html") {
            let text = fs::read_to_string(&path)?;
            pages.insert(path, text);
        }
    }
    let broken = |(path, text): (&PathBuf, &String)| {
        let bad = local_links(text).filter(|link| !leads_somewhere(folder, path, link, &pages));
        bad.map(|link| format!("{}: {link}", path.display())).collect::<Vec<_>>()
    };
    let mut broken: Vec<String> = pages.iter().flat_map(broken).collect();
    broken.sort();
    Ok(broken)
}

fn local_links(text: &str) -> impl Iterator<Item = &str> {
    let after = ["href=\"", "src=\""].into_iter().flat_map(|name| text.split(name).skip(1));
    let links = after.filter_map(|rest| rest.split_once('"')).map(|(link, _)| link);
    links.filter(|link| !link.is_empty() && !link.contains(':'))
}

fn leads_somewhere(folder: &Path, page: &Path, link: &str, pages: &HashMap<PathBuf, String>) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { folder.join(file) };
    let has_anchor = || pages.get(&target).is_none_or(|text| text.contains(&format!("id=\"{anchor}\"")));
    target.exists() && (anchor.is_empty() || has_anchor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_links_are_found() -> std::io::Result<()> {
        let folder = std::env::temp_dir().join(format!("xtask-book-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("a.html"), "<a href=\"b.html#there\"><a href=\"b.html#not\"><a href=\"https://c\">")?;
        fs::write(folder.join("b.html"), "<h1 id=\"there\"></h1><img src=\"none.svg\">")?;
        let found = broken_links(&folder)?;
        fs::remove_dir_all(&folder)?;
        let ends = ["a.html: b.html#not", "b.html: none.svg"];
        assert!(found.len() == 2 && found.iter().zip(ends).all(|(found, end)| found.ends_with(end)), "{found:?}");
        Ok(())
    }
}
