virtualize! {
    //! The documentation of the file.
    name = "file";

    mod in_another_file;

    #[virtualized]
    static VALUE: Option<&'static str> = None;

    fn work() -> bool {
        V_VALUE.is_some()
    }
}
