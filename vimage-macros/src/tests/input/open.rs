#[virtualized(in = crate::foo)]
#[cfg(unix)]
/// Elsewhere.
pub static ELSEWHERE: Mutex<u8> = Mutex::new(0);

#[virtualized]
static HERE: Mutex<u8> = Mutex::new(0);

#[virtualized(in = super::foo)]
mod code {
    #[virtualized]
    static RELATIVE: Mutex<u8> = Mutex::new(0);

    fn work() -> u8 {
        *V_RELATIVE.lock().unwrap()
    }
}

#[virtualized]
fn mentions_nothing() {}

#[attach(in = crate::foo)]
fn iattach() {
    *V_ELSEWHERE.lock().unwrap() = 1;
}

#[shared]
static SHARED: Mutex<u8> = Mutex::new(0);

class! {
    /// One customer.
    pub struct Tenant;
    no_context = base
}

/// Accessors show the class by its path, where it means the same.
#[vimage::module(class = Tenant)]
mod of_a_class {
    #[virtualized]
    static OUTERMOST: u8 = 0;

    fn work<Tenant>() {
        #[virtualized]
        static FURTHER_IN: u8 = 0;
    }
}
