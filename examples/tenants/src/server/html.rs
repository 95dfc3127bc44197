//! The pages for the administrator: plain HTML and forms, without scripts.

use maud::{DOCTYPE, Markup, html};
use vimage::sysctl::{self, Listed};

use super::directory::State;

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #222 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #ddd; white-space: nowrap }
th { font-weight: 600; background: #f5f5f5; white-space: normal; vertical-align: bottom }
.wide { overflow-x: auto }
td.text { white-space: normal; min-width: 12rem }
.number { text-align: right; font-variant-numeric: tabular-nums }
form { display: inline } input { font: inherit; padding: .15rem .3rem; max-width: 11rem }
button { font: inherit; padding: .15rem .6rem }
.serving { color: #17692b } .draining, .ending { color: #9a5b00 }
pre { background: #f5f5f5; padding: .8rem; overflow: auto }
";

fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                link rel="icon" href="data:,"; // none
                style { (maud::PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
}

/// All tenants with their sysctls.
pub(super) fn overview(tenants: &[(String, State)]) -> Markup {
    let rows: Vec<(&str, &State, Vec<Listed>)> =
        tenants.iter().map(|(name, state)| (name.as_str(), state, listed(state))).collect();
    // All have the same; one that is ending shows none.
    let longest = rows.iter().map(|(.., listed)| listed).max_by_key(|listed| listed.len());
    let columns: Vec<&Listed> = longest.into_iter().flatten().collect();
    document(
        "Tenants",
        &html! {
            h1 { "Tenants: " (tenants.len()) }
            form method="post" action="/" {
                input name="name" placeholder="name" required pattern="[a-z0-9\\-]+" aria-label="name"; " "
                input name="title" placeholder="title" aria-label="title"; " "
                button { "Create" }
            }
            h2 { "State" }
            div.wide { table {
                thead { tr {
                    th { "tenant" } th { "state" } th {}
                    @for column in &columns { th class=[alignment(column)] { (breakable(column.name)) } }
                } }
                tbody { @for (name, state, listed) in &rows { (row(name, state, &columns, listed)) } }
            } }
            p { a href="/metrics" { "The same as metrics" } }
        },
    )
}

fn listed(state: &State) -> Vec<Listed> {
    let (State::Serving(site) | State::Draining(site)) = state else { return Vec::new() };
    sysctl::of(site).list("").unwrap_or_default()
}

fn alignment(listed: &Listed) -> Option<&'static str> {
    (listed.kind != sysctl::Kind::Text).then_some("number")
}

fn row(tenant: &str, state: &State, columns: &[&Listed], listed: &[Listed]) -> Markup {
    let (word, action) = match state {
        State::Serving(_) => ("serving", Some(("drain", "Drain"))),
        State::Draining(_) => ("draining", Some(("resume", "Resume"))),
        State::Ending => ("ending", None),
    };
    html! {
        tr id={ "tenant-" (tenant) } {
            td { a href={ "/tenants/" (tenant) } { (tenant) } }
            td class=(word) { (word) }
            td {
                @if let Some((action, label)) = action {
                    (button(tenant, action, label)) " " (button(tenant, "destroy", "Destroy"))
                }
            }
            @for column in columns {
                @let found = listed.iter().find(|listed| listed.name == column.name);
                td class=[alignment(column)] {
                    @if let Some(Ok(value)) = found.map(|found| &found.value) { (value.to_string()) }
                }
            }
        }
    }
}

/// A name that may go on in the next line behind a dot.
fn breakable(name: &str) -> Markup {
    html! { @for part in name.split_inclusive('.') { (part) wbr; } }
}

fn button(tenant: &str, action: &str, label: &str) -> Markup {
    html! {
        form method="post" action={ "/tenants/" (tenant) } { button name="action" value=(action) { (label) } }
    }
}

/// The sysctls of one tenant, to be set, and its log.
pub(super) fn details(tenant: &str, listed: &[Listed], lines: &[String]) -> Markup {
    document(
        tenant,
        &html! {
            p { a href="/" { "All tenants" } }
            h1 { (tenant) }
            div.wide { table {
                thead { tr { th { "sysctl" } th { "value" } th { "what it is" } } }
                tbody { @for one in listed { (sysctl_row(tenant, one)) } }
            } }
            h2 { "Log" }
            @if lines.is_empty() { p { "No lines yet." } } @else { pre { @for line in lines { (line) "\n" } } }
        },
    )
}

fn sysctl_row(tenant: &str, listed: &Listed) -> Markup {
    let value = listed.value.as_ref().map_or_else(ToString::to_string, ToString::to_string);
    let text = sysctl::describe(&listed.qualified_name).map(|described| described.text).unwrap_or_default();
    html! {
        tr {
            td { (listed.name) }
            td {
                @if listed.writable {
                    form method="post" action={ "/tenants/" (tenant) } {
                        input type="hidden" name="name" value=(listed.qualified_name);
                        input name="value" value=(value) aria-label=(listed.name); " "
                        button name="action" value="set" { "Set" }
                    }
                } @else { (value) }
            }
            td.text { (text) }
        }
    }
}
