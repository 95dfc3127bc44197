#[module(class = crate::Tenant, register = "manual", crate = ::renamed)]
mod parts {
    macro_rules! kind {
        () => { u8 };
    }
    #[virtualized]
    static FIRST: kind!() = 1;
    macro_rules! kind {
        () => { u16 };
    }
    #[virtualized]
    static SECOND: kind!() = 1;

    #[cfg(unix)]
    #[virtualized]
    static THIRD: u8 = 3;
    #[virtualized]
    #[cfg(not(unix))]
    static THIRD: u16 = 3;

    mod nested {
        #[virtualized]
        static FIRST: &str = "";

        impl Type {
            fn method(&self) {
                mod in_a_function {
                    #[virtualized]
                    static DEEP: u8 = 1;
                }
            }
        }
    }

    #[vnet_module]
    mod on_its_own {
        #[virtualized]
        static FOURTH: u8 = 1;
    }
}
