//! Names in format strings.

use crate::region::format::captures;

#[test]
fn arguments_widths_and_precisions_are_names() {
    let found = |format| captures(format);
    assert_eq!(found("{V_N}"), ["V_N"]);
    assert_eq!(found("{V_N:?} and {V_M:#x} {}"), ["V_N", "V_M"]);
    assert_eq!(found("{:>V_W$}"), ["V_W"]);
    assert_eq!(found("{:V_W$.V_P$}"), ["V_W", "V_P"]);
    assert_eq!(found("{V_N:*^+#0V_W$.V_P$?}"), ["V_N", "V_W", "V_P"]);
    assert_eq!(found("{ V_N :>08}"), ["V_N"]);
    assert_eq!(found("{0:1$.*}"), [""; 0]);
}

#[test]
fn text_and_escaped_braces_are_not() {
    assert_eq!(captures("V_N {{V_N}} {{{V_M}}}"), ["V_M"]);
    assert_eq!(captures("V_N$ }} { unclosed"), [""; 0]);
}
