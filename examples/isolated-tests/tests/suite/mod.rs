//! The tests, each written as if no other test used the same state.

use isolated_tests::app;

/// Makes a test of each function of the suite.
macro_rules! suite {
    (#[$test:meta]) => {
        $crate::suite::suite! { @each #[$test]
            users_are_numbered_from_one
            users_are_listed_in_order
            users_can_leave
            nobody_is_there_at_first
            the_usual_greeting
            the_configured_greeting
            the_usual_table
            the_configured_table
            everything_is_logged
            threads_share_the_state
        }
    };
    (@each #[$test:meta] $($name:ident)*) => {
        $(
            #[$test]
            fn $name() {
                suite::$name();
            }
        )*
    };
}
pub(crate) use suite;

/// Lets other tests run in between.
fn pause() {
    std::thread::yield_now();
}

pub fn users_are_numbered_from_one() {
    assert_eq!(app::register("ada"), 1);
    pause();
    assert_eq!(app::register("grace"), 2);
}

pub fn users_are_listed_in_order() {
    for name in ["grace", "ada", "edsger"] {
        app::register(name);
        pause();
    }
    assert_eq!(app::users(), ["grace", "ada", "edsger"]);
}

pub fn users_can_leave() {
    let number = app::register("ada");
    pause();
    assert_eq!(app::remove(number).as_deref(), Some("ada"));
    assert_eq!(app::users(), [""; 0]);
}

pub fn nobody_is_there_at_first() {
    assert_eq!(app::greet(1), None);
    assert_eq!(app::remove(1), None);
}

pub fn the_usual_greeting() {
    let number = app::register("ada");
    pause();
    assert_eq!(app::greet(number).as_deref(), Some("Hello, ada!"));
}

pub fn the_configured_greeting() {
    app::configure(|config| config.greeting = "Salut");
    pause();
    let number = app::register("ada");
    assert_eq!(app::greet(number).as_deref(), Some("Salut, ada!"));
}

pub fn the_usual_table() {
    assert_eq!(app::squares().len(), 10);
}

pub fn the_configured_table() {
    app::configure(|config| config.squares = 4);
    pause();
    assert_eq!(app::squares(), [0, 1, 4, 9]);
}

pub fn everything_is_logged() {
    app::register("ada");
    pause();
    app::remove(1);
    assert_eq!(app::history(), ["ada is number 1", "ada has left"]);
}

pub fn threads_share_the_state() {
    vimage::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| app::register("ada"));
        }
    });
    assert_eq!(app::users().len(), 4);
}
