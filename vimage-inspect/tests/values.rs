//! Values of types that only debug information describes: what is read is what `Debug` writes in the program, in each instance.

use vimage::prelude::*;
use vimage_inspect::{Look, Process, Value, ValueError};

#[path = "support/shapes.rs"]
mod shapes;

use shapes::shapes as own;

fn symbol<'l>(look: &'l Look<'_>, name: &str) -> &'l vimage_inspect::Variable {
    look.symbols().iter().find(|symbol| symbol.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn value(look: &Look<'_>, name: &str, vimage: Option<&str>) -> Result<Value, ValueError> {
    let symbol = symbol(look, name);
    let instances = look.instances_named(vimage, Some(look.class_of(symbol))).unwrap();
    look.value(symbol, instances[0])
}

fn compare(look: &Look<'_>, vimage: Option<&str>, expected: &[(&str, String)]) {
    for (name, expected) in expected {
        let read = value(look, name, vimage).unwrap_or_else(|error| panic!("{name} of {vimage:?}: {error}"));
        // As a part of a value, so that text has quotes.
        let read = Value::List(vec![read]).to_string();
        assert_eq!(read, format!("[{expected}]"), "{name} of {vimage:?}");
    }
}

#[test]
fn values_are_what_the_program_writes() {
    let base = vimage::boot().unwrap();
    base.enter(|| own::fill(1));
    let process = Process::open(std::process::id()).unwrap();
    let look = process.look().unwrap();
    if let Err(error) = value(&look, "points", None) {
        // Built for speed, without debug information.
        assert!(matches!(&error, ValueError::NoDebugInfo { .. }) && !cfg!(debug_assertions), "{error}");
        return;
    }
    compare(&look, None, &base.enter(own::expected));
    #[cfg(feature = "vimage")]
    {
        let vimages: Vec<Vimage> = (2..5)
            .map(|n| {
                let vimage = Vimage::builder().name(format!("vimage {n}")).create().unwrap();
                vimage.enter(|| own::fill(n));
                vimage
            })
            .collect();
        let look = process.look().unwrap();
        for (vimage, n) in vimages.iter().zip(2..) {
            compare(&look, Some(&format!("vimage {n}")), &vimage.enter(own::expected));
        }
        // Nothing was read in another instance than the one that was asked for.
        compare(&look, None, &base.enter(own::expected));
    }
    what_has_no_debug(&base, &look);
    what_is_bounded(&base, &look);
}

/// What `Debug` does not write, or writes in another way.
fn what_has_no_debug(base: &Vimage, look: &Look<'_>) {
    let text = |name| value(look, name, None).map(|value| value.to_string());
    assert_eq!(text("untouched"), Err(ValueError::Uninitialized));
    assert_eq!(text("unset"), Ok(String::new()));
    let dynamic = text("dynamic").unwrap_err();
    assert!(matches!(&dynamic, ValueError::UnknownType { type_name } if type_name.contains("dyn")), "{dynamic}");
    let inside = text("with_dynamic").unwrap();
    assert!(inside.starts_with("WithDynamic { before: 1, inner: <unknown layout of") && inside.ends_with("after: 2 }"));
    let pointers = text("pointers").unwrap();
    assert!(pointers.starts_with("Pointers { raw: 0x0, function: 0x"), "{pointers}");
    let own_union = text("own_union").unwrap_err();
    assert!(
        matches!(&own_union, ValueError::UnknownType { type_name } if type_name.ends_with("Either")),
        "{own_union}"
    );
    // A `RefCell` in a `Mutex`, so that both say something.
    base.enter(|| {
        own::while_locked(|| {
            assert_eq!(text("locked"), Err(ValueError::Locked));
            assert_eq!(text("locked_inside").unwrap(), "LockedInside { name: \"it\", held: <locked> }");
        })
    });
    assert_eq!(text("locked").unwrap(), "5");
    assert_eq!(serde_json::to_string(&value(look, "shape_list", None).unwrap()).unwrap(), own::JSON);
}

/// Circles, deep lists and many elements.
fn what_is_bounded(base: &Vimage, look: &Look<'_>) {
    let circle = value(look, "circle", None).unwrap().to_string();
    assert!(circle.contains("<cycle>") && circle.len() < 1000, "{circle}");
    base.enter(own::grow);
    let deep = value(look, "deep", None).unwrap().to_string();
    assert!(deep.contains("<deeper>"), "{deep}");
    let long = value(look, "long", None).unwrap();
    assert!(matches!(&long, Value::List(values) if values.len() == 1001), "{long}");
    assert!(long.to_string().ends_with("<2000 more>]"), "{long}");
    let many = value(look, "many", None).unwrap().to_string();
    assert!(many.ends_with("<2000 more>}"), "{many}");
    let table = value(look, "table", None).unwrap().to_string();
    assert!(table.ends_with("<2000 more>})"), "{table}");
}
