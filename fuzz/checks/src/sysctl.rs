//! Texts as names and as values of sysctls. The first line is a name, the rest a value.

use std::fmt::Debug;

use vimage::sysctl::{self, Kind, Value, ValueType};

use crate::values::{for_each_variable, instances};

pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (name, value) = text.split_once('\n').unwrap_or((text, text));
    check_name(name, value);
    for_each_variable!(check_value(value));
    integers_agree(value);
}

/// Any text as a name: an error that can be shown, or the variable of this name.
fn check_name(name: &str, value: &str) {
    for instance in instances() {
        let view = sysctl::of(instance);
        let shown = view.get(name).map_err(|error| error.to_string());
        assert_ne!(shown, Err(String::new()));
        let described = view.describe(name);
        assert_eq!(shown.is_ok(), described.is_ok(), "{name:?}: {shown:?}, {described:?}");
        for listed in view.list(name).expect("the modules have booted") {
            assert!(listed.name.starts_with(name.trim_end_matches('.')), "{name:?} lists {}", listed.name);
        }
        _ = view.tree(name).expect("the modules have booted");
    }
    let [base, others @ ..] = instances() else { return };
    let before: Vec<_> = others.iter().map(|instance| sysctl::of(instance).get(name).ok()).collect();
    let set = sysctl::of(base).set(name, value);
    let error = set.err().map(|error| error.to_string());
    assert_ne!(error, Some(String::new()));
    let after: Vec<_> = others.iter().map(|instance| sysctl::of(instance).get(name).ok()).collect();
    assert_eq!(format!("{before:?}"), format!("{after:?}"), "{name:?} of another instance has changed");
}

/// A text is a value of a type if it can be set where one is; then it is read again as it was shown.
fn check_value<T: ValueType + Clone + Debug>(name: &str, text: &str) {
    let instance = instances().last().expect("there are instances");
    let view = sysctl::of(instance);
    let before = view.get(name).expect("the variable is there").to_string();
    let parsed = T::from_value(Value::from(text));
    let set = view.set(name, text);
    assert_eq!(parsed.is_ok(), set.is_ok(), "{name}, {text:?}: {parsed:?}, {set:?}");
    let after = view.get(name).expect("the variable is there").to_string();
    let Ok(parsed) = parsed else {
        assert_eq!(before, after, "{name} has changed though {text:?} is no value");
        return;
    };
    assert_eq!(parsed.clone().into_value().to_string(), after, "{name}, {text:?}");
    let again = T::from_value(Value::from(after.as_str())).expect("what is shown can be read");
    assert_eq!(again.into_value().to_string(), after, "{name}, {text:?}");
    view.set(name, view.get(name).expect("the variable is there")).expect("what is read can be set");
    assert_eq!(view.get(name).expect("the variable is there").to_string(), after, "{name}, {text:?}");
    if T::KIND == Kind::Text {
        assert_eq!(after.trim(), text.trim());
    }
}

/// A text that is a number of a small type is the same number of a large one.
fn integers_agree(text: &str) {
    fn of<T: ValueType>(text: &str) -> Option<String> {
        T::from_value(Value::from(text)).ok().map(|value| value.into_value().to_string())
    }
    let widest = of::<i128>(text);
    let smaller = [of::<i8>(text), of::<u8>(text), of::<i32>(text), of::<u64>(text), of::<isize>(text)];
    for small in smaller.into_iter().flatten() {
        assert_eq!(Some(small), widest, "{text:?}");
    }
}
