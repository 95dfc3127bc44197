//! The report of `--html` in a browser: `cargo xtask deep pages`.

mod common;

use std::fs;
use std::path::Path;

use browser::Browser;
use common::{has_instances, netlab};

/// Runs before the page's own script.
const BEFORE: &str = "<script>const errors = []; window.onerror = message => { errors.push(message) }</script>";

/// Clicks as a reader does, and leaves what it saw in the document.
const READER: &str = "<script>
const tables = [...document.querySelectorAll('table')], vnets = tables.at(-1);
const column = at => [...vnets.tBodies[0].rows].map(row => row.cells[at].textContent);
const click = at => vnets.tHead.rows[0].cells[at].click();
const seen = { errors, tables: tables.length, figures: document.querySelectorAll('figure svg').length };
click(0); seen.names = column(0);
click(1); seen.most = column(1);
click(1); seen.least = column(1);
seen.visible = tables.every(table => table.getBoundingClientRect().height > 40);
seen.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
document.body.dataset.seen = JSON.stringify(seen);
</script>";

#[test]
#[ignore = "starts a browser: `cargo xtask deep pages`"]
fn a_report_is_read_and_its_tables_are_sorted() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    let Some(browser) = Browser::find(&folder) else { return };
    if !has_instances() {
        eprintln!("SKIPPED: this build has no instances");
        return;
    }
    let path = folder.join("report.html");
    let ran = netlab(&["simulate", "abilene", "--duration", "200ms", "--html", path.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let page = fs::read_to_string(&path).unwrap();
    let page = page.replacen("<title>", &format!("{BEFORE}<title>"), 1).replace("</html>", &format!("{READER}</html>"));
    fs::write(&path, page).unwrap();

    for width in [500, 1200] {
        let seen = seen(&browser.document(&format!("file://{}", path.display()), width));
        assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
        assert_eq!((&seen["tables"], &seen["figures"]), (&3.into(), &4.into()), "{seen}");
        assert_eq!((&seen["visible"], &seen["overflow"]), (&true.into(), &0.into()), "{width} pixels: {seen}");
        let texts = |key: &str| -> Vec<String> { serde_json::from_value(seen[key].clone()).unwrap() };
        let numbers = |key: &str| -> Vec<u64> {
            texts(key).iter().map(|text| text.replace(',', "").parse().expect("a number")).collect()
        };
        assert_eq!(texts("names").len(), 11, "{seen}");
        assert!(texts("names").is_sorted_by(|a, b| a >= b), "the first click sorts downwards: {seen}");
        assert!(numbers("most").is_sorted_by(|a, b| a >= b) && numbers("least").is_sorted(), "{seen}");
        assert!(numbers("most")[0] > numbers("least")[0], "{seen}");
    }
}

fn seen(document: &str) -> serde_json::Value {
    let found = document.split_once("data-seen=\"").and_then(|(_, rest)| rest.split_once('"'));
    let (json, _) = found.unwrap_or_else(|| panic!("the reader's script ends: {document}"));
    serde_json::from_str(&json.replace("&quot;", "\"").replace("&amp;", "&")).expect("JSON")
}
